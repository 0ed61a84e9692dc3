"""What stands between clients and a server on this machine, and keeps what clients send, octet by octet."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

_PIECE = 65_536


class Tapped:
    """Passes connections on. `sent` is what clients sent, each by a connection of its own."""

    def __init__(self) -> None:
        self.port = 0
        self.sent: list[bytearray] = []

    def first(self) -> dict[str, Any]:
        """The first message that was sent by HTTP."""
        _, _, body = bytes(self.sent[0]).partition(b"\r\n\r\n")
        message: dict[str, Any] = json.JSONDecoder().raw_decode(body.decode())[0]
        return message


@contextmanager
def tapped(port: int) -> Iterator[Tapped]:
    """Stand before a port until the block ends."""
    made = Tapped()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            kept = bytearray()
            made.sent.append(kept)
            with socket.create_connection(("127.0.0.1", port)) as server:
                back = threading.Thread(target=_passed, args=(server, self.request, bytearray()))
                back.start()
                _passed(self.request, server, kept)
                back.join()

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        made.port = listening.server_address[1]
        listening.daemon_threads = True
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield made
        listening.shutdown()
        thread.join(60)


def _passed(said: socket.socket, hears: socket.socket, kept: bytearray) -> None:
    with suppress(OSError):
        while piece := said.recv(_PIECE):
            kept += piece
            hears.sendall(piece)
    with suppress(OSError):
        hears.shutdown(socket.SHUT_WR)
