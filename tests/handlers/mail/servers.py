"""What tests of the mail server share: a mail, a clock, and a server that does as it is told."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from handlers.mail.server import Server
from tests.support.servers import accepting

TO = "bob@example.com"
CONTENT = b"Subject: Hello\r\n\r\nHello.\r\n.\r\n..dots\r\n"
LONG = 60.0
"""Seconds that a call may take where it is not about time: machines are slow at times."""


class Ticking:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


Serving = Callable[..., Server]


@contextmanager
def raw(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does with each connection whatever it is told."""

    def serve(taken: socket.socket) -> None:
        with taken, suppress(OSError):
            answer(taken)

    def take(taken: socket.socket) -> None:
        threading.Thread(target=serve, args=(taken,), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    with accepting(listener, take):
        yield listener.getsockname()[1]
