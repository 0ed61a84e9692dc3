"""A receiver of webhooks that fails at times, and what must be true of what it was told over kills."""

import random
import secrets
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from approvals.requests import Request
from approvals.telling import webhooks
from chaos.records import Job
from countersign_client.applications import WebhookError, verify_webhook
from countersign_client.applications.webhooks import Told
from countersign_client.chain import Entry

_LATE = 3.0
"""Seconds that an answer takes at times: whoever is killed meanwhile does not know that it was taken."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came, and whether the receiver said that it took it."""

    at: datetime
    headers: Mapping[str, str]
    body: bytes
    taken: bool


class Receiver:
    """Answers most of what comes with 204. `heard` is all of it, in its order."""

    def __init__(self, *, seed: int) -> None:
        self._dice = random.Random(f"{seed}/news")  # noqa: S311 - to be replayed, not to be secret
        self._lock = threading.Lock()
        self.heard: list[Heard] = []

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Keep what came, and say what is answered."""
        now = datetime.now(UTC)
        with self._lock:
            cast = self._dice.random()
            status = 500 if cast < 0.2 else 503 if cast < 0.25 else 204
            self.heard.append(Heard(at=now, headers=headers, body=body, taken=status == 204))
        if cast > 0.95:
            time.sleep(_LATE)
        return status

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve it until the block ends, at the address that is given.

        Nobody else's messages are taken for its own: whoever had the port before may be sent some still.
        """
        path = f"/hooks/{secrets.token_hex(8)}"
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, path))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{path}"
        finally:
            server.shutdown()
            server.server_close()


def _handler(receiver: Receiver, path: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it was killed meanwhile: half a message says nothing
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.take(headers, body) if self.path == path else 404)
            self.send_header("Retry-After", "1")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nothing is said."""

    return Handler


def verified(heard: Iterable[Heard], keys: bytes) -> tuple[list[tuple[Heard, Told]], list[str]]:
    """What the messages say, and what is wrong with those that say nothing. One id has one body for good."""
    told: list[tuple[Heard, Told]] = []
    wrong: list[str] = []
    bodies: dict[str, bytes] = {}
    for each in heard:
        try:
            said = verify_webhook(each.body, each.headers, keys, now=each.at)
        except WebhookError as error:
            wrong.append(f"a message that proves nothing came: {error}")
            continue
        told.append((each, said))
        if bodies.setdefault(said.id, each.body) != each.body:
            wrong.append(f"{said.id} came with another body")
        if said.id != _id(said.request, said.state):
            wrong.append(f"{said.request} came to {said.state} as {said.id}")
    return told, wrong


def untrue(at: datetime, said: Told, entries: Sequence[Entry]) -> Iterator[str]:
    """What was told is on record, once, and was before it was told."""
    found = [entry for entry in entries if entry.action == f"request.{said.state}"]
    if len(found) != 1:
        yield f"{said.request} was told to be {said.state}, which is on record {len(found)} times"
    elif datetime.fromisoformat(found[0].at) > at:
        yield f"{said.request} was told to be {said.state} before it was"


def missed(request: Request, job: Job | None, heard: Collection[str], taken: Collection[str]) -> Iterator[str]:
    """Each state that a request came to was told, was given up, or is on record as still to be told.

    `heard` are the ids of all messages, `taken` those that the receiver said it took.
    """
    kept = {each.id: each for each in webhooks.decoded(job.body).messages} if job else {}
    comes = job is not None and (job.due is not None or bool(job.owner))
    for state in _states(request):
        message = kept.get(_id(request.id, state))
        outcome = message.outcome if message else ""
        if outcome == "taken" and _id(request.id, state) not in taken:
            yield f"{request.id} is on record as told to be {state}, and nobody took it"
        if _id(request.id, state) not in heard and not outcome and not comes:
            yield f"{request.id} is {state}, and its application is never told"


def _states(request: Request) -> Iterator[str]:
    # What was used by the call that asked never stood there as approved.
    if request.decision is not None and not (request.used is not None and request.version == 1):
        yield request.decision.outcome
    if request.used is not None or request.lapsed is not None:
        yield request.state


def _id(request: str, state: str) -> str:
    return f"msg_{request}_{state}"
