"""The whole program beside a sandbox: the real service behind a real server, used as its people use it."""

import http.client
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from approvals.requests import Request
from bot.admission import Admission
from bot.channels import CHANNELS
from bot.compose import Service
from bot.protocol import BoundedHttp
from bot.server import application
from bot.settings import read
from handlers.channel import Channel
from sandbox import world
from sandbox.app import Sandbox
from sandbox.serving import Server
from sandbox.slack.records import Message, Outcome
from tests.support import patience
from tests.support.shop import POLICY
from tests.support.shown import buttons, words

PROD = "projects/shop-prod"
TIMEOUT = 60.0
Found = TypeVar("Found")


class Clock:
    """The time of the service and the sandbox; a test moves it ahead, or has it stand still at a moment."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.still: datetime | None = None

    def __call__(self) -> datetime:
        return self.still or datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        return self().timestamp()


class Running:
    """A running program. `box` is everything outside of it; the rest is what people do and see."""

    def __init__(
        self,
        box: Sandbox,
        folder: Path,
        *,
        clock: Clock,
        environ: Mapping[str, str],
        channels: Sequence[Channel[Any]] = CHANNELS,
    ) -> None:
        self.box, self.folder, self.clock, self.channels = box, folder, clock, channels
        self.policy_file = folder / "policy.yaml"
        self.environ = {
            "SLACK_BOT_TOKEN": box.bot_token,
            "SLACK_SIGNING_SECRET": box.signing_secret,
            "SLACK_API_URL": box.slack_api_url,
            "GOOGLE_API_BASE_URL": box.google_api_url,
            "COUNTERSIGN_SANDBOX": "1",
            "COUNTERSIGN_POLICY": str(self.policy_file),
            "COUNTERSIGN_STORE": f"sqlite:///{folder / 'countersign.db'}",
            "COUNTERSIGN_SIGNER": f"file:{folder / 'signer.jwk'}",
        } | dict(environ)
        if box.mailbox:
            self.environ |= {
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": str(box.mailbox.port),
                "SMTP_ENABLE_STARTTLS": "false",
                "SMTP_SENDER_ADDRESS": "countersign@example.com",
            } | dict(environ)
        if box.iap:
            self.environ |= {
                "COUNTERSIGN_PAGES_URL": box.iap.gate.url,
                "IAP_AUDIENCE": box.iap.gate.audience,
                "IAP_JWKS_URL": box.iap_jwks_url,
            } | dict(environ)
        self.start()

    # --- the program

    def start(self) -> None:
        """Start the service on a free port and tell the workspace where it is."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        called = "\napplications:" in self.policy_file.read_text()
        receipts = f"file:{self.folder / 'receipts.jwk'}"
        needed = {"COUNTERSIGN_API_URL": self.url, "COUNTERSIGN_RECEIPT_SIGNER": receipts}
        environ = (needed if called else {}) | self.environ
        try:
            settings = read(environ, channels=self.channels)
            self.service = Service(settings, clock=self.clock, channels=self.channels)
        except BaseException:
            listener.close()
            raise
        admission = Admission(most=1000, seldom=self.service.seldom)
        config = uvicorn.Config(
            application(self.service),
            http=partial(BoundedHttp, admission=admission),  # type: ignore[arg-type]  # as in `serve`
            ws="none",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        self.until(lambda: self._server.started)
        self.box.bot_url = f"{self.url}/slack/events"
        if self.box.iap:
            self.box.iap.gate.upstream = self.url

    def stop(self) -> None:
        """Stop serving and close the store; the files stay."""
        self._server.stop()
        self._thread.join(60)
        self.service.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def fetch(self, path: str, *, method: str = "GET", body: bytes = b"") -> tuple[int, str]:
        """Call the service by HTTP: status and body of the answer."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body=body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def ahead(self, **time: float) -> None:
        """Move the clock ahead, once all that was due is done, and let the service look at what is due then."""
        self.settled()
        self.clock.ahead += timedelta(**time)
        self.service.background.wake()

    def settled(self) -> None:
        """Wait until nothing is due and nothing is being worked on."""
        store, background = self.service.store, self.service.background
        self.until(lambda: not store.due(now=self.clock(), limit=1) and not any(background._running.values()))

    def until(self, found: Callable[[], Found], *, seconds: float = TIMEOUT) -> Found:
        """The first true value of `found`. Raises `TimeoutError`."""
        return self.box.slack.wait(found, seconds=seconds)

    # --- what people do

    def ask(self, who: str, what: str, why: str = "INC-1 disk full", *, time: str = "1h") -> str:
        """Ask in one line, wait for the buttons of the card, and return the request's id."""
        outcome = self.box.slack.command(who, f"/jit request {what} for {time} because {why}")
        assert outcome.ok, outcome
        return self.filed(outcome)

    def filed(self, outcome: Outcome) -> str:
        """The request that a command's answer names, once its card has buttons."""
        named = re.search(r"r-[0-9a-z]{10}", outcome.body)
        assert named, outcome.body
        self.card(named[0], having="deny", by="alice", if_pending=True)
        return named[0]

    def press(self, who: str, button: str, request_id: str) -> Outcome:
        """Press a button of the newest message about a request that shows it to this person.

        A press that Slack marks as failed because the app had no time left is repeated once, as people do: a busy
        machine stands still for longer than Slack waits. Tests of such failures press in `box.slack`.
        """
        message = self.card(request_id, having=button, by=who)
        outcome = self.box.slack.press(who, button, message=message)
        return self.box.slack.press(who, button, message=message) if outcome.status == 503 else outcome

    def approve(self, who: str, request_id: str) -> None:
        outcome = self.press(who, "approve", request_id)
        assert outcome.ok, outcome

    def refused(self, who: str, button: str, request_id: str) -> str:
        """Press, and return what this person alone is told."""
        before = len(self.whispers(who))
        self.press(who, button, request_id)
        return self.until(lambda: self.whispers(who)[before:])[-1]

    # --- what people see

    def card(self, request_id: str, *, having: str, by: str, if_pending: bool = False) -> Message:
        """The newest message about a request with a certain button, as a person sees it."""

        def look() -> list[Message]:
            if if_pending and self.request(request_id).state != "pending":
                return [Message(ts="", channel="", user="")]
            seen = self.box.slack.acts.visible(by)
            return _about(request_id, [m for m in seen if having in buttons(m)])

        return self.until(look)[-1]

    def cards(self, request_id: str, channel: str = "#access") -> list[Message]:
        """The messages about a request that stand in a channel for everybody."""
        return _about(request_id, [m for m in self.box.slack.messages(channel) if not m.to and not m.thread_ts])

    def sees(self, what: str, request_id: str, channel: str = "#access") -> str:
        """Wait until the newest message about a request in a channel says something; return all its words."""

        def look() -> list[str]:
            texts = [words(m) for m in self.cards(request_id, channel)][-1:]
            return [text for text in texts if what in text]

        return self.until(look)[0]

    def told(self, who: str, what: str) -> str:
        """Wait until the app's direct messages to a person hold a text; return that message's words."""
        return self.until(lambda: [w for m in self.box.slack.messages(who) if what in (w := words(m))])[-1]

    def whispers(self, who: str) -> list[str]:
        """What only this person was told in channels."""
        user = self.box.slack.state.person(who).id
        return [words(m) for m in self.box.slack.acts.visible(who) if m.to == user]

    # --- what is so

    def request(self, request_id: str) -> Request:
        return self.service.store.request(request_id)

    def grant(self, request_id: str) -> str:
        """The state of a request's grant, empty where there is none."""
        grant = self.request(request_id).grant
        return grant.state if grant else ""

    def actions(self, request_id: str) -> list[str]:
        """What the request's audit chain tells, in order."""
        return [entry.action for entry in self.service.store.entries(request_id)]

    def bindings(self, request_id: str) -> list[dict[str, Any]]:
        """The bindings in Google that carry this request's mark."""
        held = [b for policy in self.box.google.policies().values() for b in policy.get("bindings", [])]
        return [b for b in held if request_id in b.get("condition", {}).get("description", "")]

    def granted(self, request_id: str) -> list[dict[str, Any]]:
        """Wait until the access is active; return its bindings."""
        self.until(lambda: self.grant(request_id) == "active")
        return self.bindings(request_id)

    def gone(self, request_id: str) -> None:
        """Wait until nothing of a request's access is left in Google."""
        self.until(lambda: not self.bindings(request_id))


@contextmanager
def running(
    folder: Path,
    *,
    policy: str = POLICY,
    world_file: Path = world.EXAMPLE,
    environ: Mapping[str, str] | None = None,
    channels: Sequence[Channel[Any]] = CHANNELS,
    iap_port: int | None = None,
    smtp_port: int | None = None,
) -> Iterator[Running]:
    """Run the program in an empty folder, beside a sandbox of its own.

    With `iap_port` it has pages, with `smtp_port` it sends mail to the sandbox's mailbox.
    """
    clock = Clock()
    (folder / "policy.yaml").write_text(policy)
    with Sandbox.start(clock=clock.seconds, world_file=world_file, iap_port=iap_port, smtp_port=smtp_port) as box:
        office = Running(box, folder, clock=clock, environ=environ or {}, channels=channels)
        try:
            yield office
        finally:
            office.stop()


def _about(request_id: str, messages: list[Message]) -> list[Message]:
    """The messages about a request; where none says that it is its own, those that name it at all."""
    naming = [m for m in messages if request_id in words(m)]
    return [m for m in naming if f"Request `{request_id}`" in words(m)] or naming


__all__ = ["POLICY", "PROD", "Clock", "Running", "patience", "running"]
