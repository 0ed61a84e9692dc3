"""A server of loopback that answers in drops, at a step of the test's choice: no single read waits for long."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

Step = Literal["reading", "handshake", "continue", "status", "headers", "body", "chunks", "end", "flood"]
STEPS: tuple[Step, ...] = ("reading", "handshake", "continue", "status", "headers", "body", "chunks")
"""Each step at which an answer may come in drops; `end` is one that ends with its connection.

`flood` is an answer without an end, as fast as it goes.
"""

DROP = 0.05
"""Seconds between two drops: far below any limit for a single read."""

_TRIES = 60
"""So often a call is made that found no time to ask: a busy machine stands still for longer than a short limit."""

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Dripping:
    """Accepts every connection, and goes on dripping into it until the test ends."""

    def __init__(self, step: Step, tls: Path | None = None) -> None:
        self.step = step
        self.shook_hands = False
        self._tls: ssl.SSLContext | None = None
        if tls is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(tls)
        self.asked = 0
        self._first = threading.Event()
        self._last: object = None
        self._all_came = threading.Event()
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        if step == "reading":
            # The least that the machine's buffers can hold, so that what is sent has to be read.
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls or self.step == 'handshake' else 'http'}://127.0.0.1:{self.port}"

    def is_asked_once_by(self, call: Callable[[], object]) -> bool:
        """Whether a call makes one connection; it is made again where it ended before it made any."""
        for _ in range(_TRIES):
            call()
            if self._asked_by_now():
                break
        return self.asked == 1

    def was_asked_once(self) -> bool:
        """Whether one connection came, within a minute, from whoever makes one by itself."""
        self._first.wait(60)
        return self.asked == 1

    def _asked_by_now(self) -> int:
        """How many connections came before this one. Who made one may be done before it is accepted here."""
        with socket.socket() as last:
            last.bind(("127.0.0.1", 0))
            self._last = last.getsockname()
            self._all_came.clear()
            last.connect(("127.0.0.1", self.port))
            assert self._all_came.wait(60)
        return self.asked

    def close(self) -> None:
        """Nobody waits at the listener when it is closed: who did would take what comes to the next one."""
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(60)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, came_from = self._listener.accept()
                if came_from == self._last:
                    connection.close()
                    self._all_came.set()
                    continue
                self.asked += 1
                self._first.set()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        with suppress(OSError), self._met(accepted) as connection:
            if self.step == "reading":
                while not self._over.wait(DROP):
                    connection.recv(1)
                return
            if self.step != "handshake":
                self._read_request(connection)
            head, drop = _DRIPS[self.step]
            connection.sendall(head)
            while not self._over.wait(0 if self.step == "flood" else DROP):
                connection.sendall(drop)

    def _met(self, accepted: socket.socket) -> socket.socket:
        if self._tls is None:
            return accepted
        made = self._tls.wrap_socket(accepted, server_side=True)
        self.shook_hands = True
        return made

    def _read_request(self, connection: socket.socket) -> None:
        held = b""
        while b"\r\n\r\n" not in held:
            piece = connection.recv(4096)
            if not piece:
                return
            held += piece


_DRIPS: dict[Step, tuple[bytes, bytes]] = {
    # A record of the handshake that promises more than ever comes.
    "handshake": (b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03", b"\x00"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "status": (b"HTTP/1.1 200 O", b"K"),
    "headers": (_HEAD + b"X-Drop: ", b"x"),
    "body": (_HEAD + b'Content-Length: 1000000\r\n\r\n{"ok": true, "x": "', b"x"),
    "chunks": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "end": (_HEAD + b"Connection: close\r\n\r\n", b" "),
    "flood": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"),
}


@contextmanager
def dripping(step: Step, *, tls: Path | None = None) -> Iterator[Dripping]:
    """Drip until the block ends; over TLS by the key and certificate of that file, where there is one."""
    server = Dripping(step, tls)
    try:
        yield server
    finally:
        server.close()
