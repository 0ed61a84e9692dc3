"""Receivers of webhooks, which answer what they are told to: one in this process, and one on this machine."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import msgspec

from approvals.ids import webhook_subject
from approvals.policy.parties import Application
from approvals.ports.receivers import Answer
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.telling import webhooks
from approvals.telling.webhooks import Told
from tests.support.refunds import OTHER_SHOP, SHOP, Till
from tests.support.world import World

HOOK = "https://shop.example.com/hooks"


class Came(msgspec.Struct, frozen=True):
    """A message as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Hook:
    """What came, and what is answered. While `open` is not set nothing is."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 204
        self.more: dict[str, str] = {}
        self.came: list[Came] = []
        self.open = Event()
        self.open.set()


@contextmanager
def hook() -> Iterator[Hook]:
    """Serve one, until the block ends."""
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.came.append(Came(self.path, headers, body))
            found.open.wait(60)
            self.send_response(found.status)
            for name, value in found.more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nothing is said."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hooks?from=countersign"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.open.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Receiver:
    """Implements `Receivers`: answers what it is told to, and keeps what came when."""

    def __init__(self) -> None:
        self.status = 204
        self.retry_after = ""
        self.down = False
        self.came: list[tuple[datetime, str, dict[str, Any]]] = []
        self.called: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def post(self, application: Application, message_id: str, body: bytes, *, now: datetime) -> Answer:
        self.called.append(application.webhook)
        self.came.append((now, message_id, json.loads(body)))
        self.meanwhile()
        if self.down:
            raise Unavailable("it does not answer")
        return Answer(status=self.status, retry_after=self.retry_after)

    @property
    def seconds(self) -> list[float]:
        """When something came, from the first time on."""
        return [(at - self.came[0][0]).total_seconds() for at, *_ in self.came]


def told_at(till: Till, url: str) -> Till:
    """Let the shop be told there from now on."""
    shop = msgspec.structs.replace(SHOP, webhook=url)
    return till.ruled(applications={"shop": shop, "store": OTHER_SHOP})


def told(till: Till, request: Request) -> Told:
    """What is on record of it."""
    return webhooks.decoded(till.world.store.recorded(webhook_subject("shop", request.id)))


def receiving(world: World) -> Receiver:
    """A receiver that takes what this world tells from now on."""
    world.receivers = found = Receiver()
    world.restart()
    return found
