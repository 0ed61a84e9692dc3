"""A server of loopback that answers once."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """A server that says this to the first request, whatever it is, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve_one() -> None:
            one, _ = listener.accept()
            with one:
                one.recv(65536)
                one.sendall(answer)

        thread = threading.Thread(target=serve_one, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(60)
