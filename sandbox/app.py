"""The sandbox, running: a Slack workspace, a Google Cloud and a mailbox behind one address.

An Identity-Aware Proxy stands on another port, for it covers every path of what is behind it.

In a test::

    with Sandbox.start() as box:
        box.bot_url = bot.url + "/slack/events"     # the app gets box.slack_api_url, box.bot_token, ...
        box.slack.command("alice", "/jit")          # signed and sent; returns what Alice sees
        box.slack.submit("alice", {"entitlement": "logs", "duration": "1h", "justification": "INC-1"})
        card = box.slack.wait(lambda: box.slack.messages("#access"))[-1]
        outcome = box.slack.press("bob", "approve", message=card)
        assert outcome.ok, outcome.error
        box.google.policies()["projects/shop-prod"]["bindings"]

`Sandbox.start(clock=...)` puts triggers and signatures on a clock of the test's own.
"""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox import google, walk, world
from sandbox.control import Control
from sandbox.google.metadata import Metadata
from sandbox.google.scheduler import Scheduler
from sandbox.iap.server import StandIn, published
from sandbox.iap.signin import SignIn
from sandbox.iap.tokens import Tokens
from sandbox.letters import Letters
from sandbox.mailbox import Mailbox
from sandbox.oidc.provider import Provider
from sandbox.scanner import Scanner
from sandbox.serving import Server
from sandbox.signals import Transmitter
from sandbox.slack.workspace import Slack

SIGNING_SECRET = "5a4db0c5516e15c4a11ede7e4d1b0cde"
"""Of the form of Slack's: 32 hexadecimal digits."""

STATIC = Path(__file__).parent / "page" / "static"
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"


class Sandbox:
    """Everything outside Countersign on one machine. Build it with `start`."""

    def __init__(
        self,
        held: world.World,
        steps: tuple[walk.Step, ...],
        *,
        signing_secret: str,
        bot_token: str,
        app_token: str,
        port: int,
        smtp_port: int | None,
        smtp_login: tuple[str, str] | None,
        iap_port: int | None,
        clock: Callable[[], float],
    ) -> None:
        self.signing_secret, self.bot_token, self.app_token = signing_secret, bot_token, app_token
        self.slack = Slack(
            held, signing_secret=signing_secret, bot_token=bot_token, app_token=app_token, clock=clock
        )
        self.google = _cloud(held.google, clock)
        self.mailbox = Mailbox(port=smtp_port, login=smtp_login) if smtp_port is not None else None
        self._sockets = _listen(port)
        self.port = int(self._sockets[0].getsockname()[1])
        self.slack.payloads.url = self.url
        self.signin = SignIn(self.slack.state.people.values, clock)
        self.tokens = Tokens(self.google, self.signin, clock)
        self.oidc = Provider(
            self.oidc_url, self.slack.state.people.values, groups=self.google.groups_of, clock=clock
        )
        self.transmitter = Transmitter(f"{self.url}/transmitter", clock)
        self.metadata = Metadata(self.google.issuer)
        self.scheduler = Scheduler(self.google.issuer, clock)
        self.iap = self._proxy(iap_port, clock) if iap_port is not None else None
        self.scanner = Scanner(sign_in=self.accounts_url)
        self.control = Control(self.slack, self.google, self._letters(), steps)
        self.control.pages_url = self.iap.gate.url if self.iap else ""
        config = uvicorn.Config(
            self._application(),
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        self._server = Server(config)
        self._thread = threading.Thread(target=self._server.run, args=(self._sockets,), daemon=True)

    @classmethod
    def start(
        cls,
        *,
        world_file: Path = world.EXAMPLE,
        walk_file: Path | None = None,
        signing_secret: str = SIGNING_SECRET,
        bot_token: str = "xoxb-sandbox",
        app_token: str = "xapp-sandbox",
        bot_url: str = "",
        port: int = 0,
        smtp_port: int | None = None,
        smtp_login: tuple[str, str] | None = None,
        iap_port: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Serve on loopback in a thread; port 0 takes a free one.

        Without `smtp_port` there is no mailbox, without `iap_port` no Identity-Aware Proxy. With `smtp_login`
        (user, password) the mailbox demands STARTTLS and that login.

        Raises `WorldError` for a bad world file and `OSError` for a taken port.
        """
        box = cls(
            world.load(world_file),
            walk.load(walk_file) if walk_file else (),
            signing_secret=signing_secret,
            bot_token=bot_token,
            app_token=app_token,
            port=port,
            smtp_port=smtp_port,
            smtp_login=smtp_login,
            iap_port=iap_port,
            clock=clock,
        )
        box.bot_url = bot_url
        if box.mailbox:
            box.mailbox.start()
        if box.iap:
            box.iap.start()
        box._thread.start()
        while not box._server.started and box._thread.is_alive():
            time.sleep(0.005)
        return box

    def stop(self) -> None:
        """Stop serving and wait until the port is free."""
        self.control.stopping = True
        self._server.stop()
        self._thread.join(timeout=10)
        if self.iap:
            self.iap.stop()
        if self.mailbox:
            self.mailbox.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def slack_api_url(self) -> str:
        """What `SLACK_API_URL` is set to."""
        return f"{self.url}/slack/api/"

    @property
    def google_api_url(self) -> str:
        """What `GOOGLE_API_BASE_URL` is set to."""
        return f"{self.url}/google"

    @property
    def bot_url(self) -> str:
        """Where the app listens for Slack, for example `http://127.0.0.1:8081/slack/events`."""
        return self.slack.outward.bot_url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        self.slack.outward.bot_url = url

    @property
    def iap_jwks_url(self) -> str:
        """What `IAP_JWKS_URL` is set to."""
        return f"{self.url}/gstatic/iap/verify/public_key-jwk"

    @property
    def token_url(self) -> str:
        """What stands for `https://oauth2.googleapis.com/token`."""
        return f"{self.google_api_url}/oauth2/token"

    @property
    def oidc_url(self) -> str:
        """The issuer of an OpenID provider, which publishes what it is below this address."""
        return f"{self.url}/oidc"

    @property
    def metadata_host(self) -> str:
        """What `GCE_METADATA_HOST` and `GCE_METADATA_IP` are set to."""
        return f"127.0.0.1:{self.port}"

    @property
    def accounts_url(self) -> str:
        """What stands for `https://accounts.google.com`."""
        return f"http://localhost:{self.port}/accounts"

    def _proxy(self, port: int, clock: Callable[[], float]) -> StandIn:
        return StandIn(self.google, self.signin, _listen(port), accounts_url=self.accounts_url, clock=clock)

    def _letters(self) -> Letters:
        if self.mailbox:
            self.mailbox.arrived = self.scanner.arrived
        opened_as = self.iap.gate.opened_as if self.iap else lambda _, url: url
        return Letters(self.mailbox, self.scanner, opened_as=opened_as)

    def _application(self) -> Starlette:
        return Starlette(
            routes=[
                Mount("/accounts", routes=self.signin.routes()),
                Mount("/oidc", routes=self.oidc.routes()),
                Mount("/transmitter", routes=self.transmitter.routes()),
                *([Mount("/gstatic", routes=published(self.iap.gate.keys))] if self.iap else []),
                Mount("/slack", routes=self.slack.routes()),
                Mount("/google", routes=[*self.tokens.routes(), *google.routes(self.google)]),
                Mount("/sandbox", routes=self.control.routes()),
                *self.metadata.routes(),
                Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
                Route("/", _page),
            ]
        )


async def _page(request: Request) -> Response:
    if told := Metadata.root(request):
        return told
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
    return Response((STATIC / "index.html").read_bytes(), media_type="text/html", headers=headers)


def _cloud(names: world.GoogleNames, clock: Callable[[], float]) -> google.Google:
    cloud = google.Google(clock=clock)
    for name in (*names.organizations, *names.folders, *names.projects):
        cloud.add(name)
    for group, members in names.groups.items():
        cloud.set_group(group, members)
    return cloud


def _listen(port: int) -> list[socket.socket]:
    """Loopback by its IPv4 address, and by IPv6 too where there is one, for `localhost` may mean either."""
    first = socket.socket(socket.AF_INET)
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    first.bind(("127.0.0.1", port))
    second = socket.socket(socket.AF_INET6)
    second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        second.bind(("::1", first.getsockname()[1]))
    except OSError:
        second.close()
        return [first]
    return [first, second]
