"""A load balancer in front of two instances: each connection to the next that takes it."""

import itertools
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress

_CHUNK = 65_536


class Balancer:
    """Listens on one port for the whole run. What an instance that is killed had taken is cut off, as anywhere."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._turn = itertools.count()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._serving = threading.Thread(target=self._serve, daemon=True)
        self._serving.start()

    def close(self) -> None:
        """Nobody waits at the listener when it is closed: who did would take what comes to the next one."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._serving.join(60)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._join, args=(caller,), daemon=True).start()

    def _join(self, caller: socket.socket) -> None:
        with caller:
            taken = self._instance()
            if taken is None:
                return
            with taken:
                back = threading.Thread(target=_copy, args=(taken, caller), daemon=True)
                back.start()
                _copy(caller, taken)
                back.join()

    def _instance(self) -> socket.socket | None:
        first = next(self._turn)
        for number in range(len(self._ports)):
            port = self._ports[(first + number) % len(self._ports)]
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), timeout=60)
        return None


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Until one of them is done; then the other is told."""
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
