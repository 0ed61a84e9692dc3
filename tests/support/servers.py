"""Runs an ASGI application on loopback for a test: a real server on a free port."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from sandbox.serving import Server


@contextmanager
def serve(app: Any, **options: Any) -> Iterator[str]:
    """Serve until the block ends; the value is `http://127.0.0.1:PORT`. `options` are uvicorn's."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    usual: dict[str, Any] = {"log_level": "critical", "lifespan": "off", "timeout_graceful_shutdown": 1}
    config = uvicorn.Config(app, log_config=None, **(usual | options))
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    if not server.ready.wait(60):
        raise TimeoutError("the server did not start")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()
        thread.join(60)
        listener.close()


@asynccontextmanager
async def listening(config: uvicorn.Config) -> AsyncIterator[str]:
    """The same on the event loop that runs, for what belongs to it; the value is `http://127.0.0.1:PORT`."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            if not await asyncio.to_thread(server.ready.wait, 60):
                raise TimeoutError("the server did not start")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.stop()
            await serving


@contextmanager
def accepting(listener: socket.socket, take: Callable[[socket.socket], None]) -> Iterator[None]:
    """Hand over each connection that comes until the block ends, and close the listener then.

    Nobody waits at it any more by then: who did would take what comes to whatever gets its number next.
    """

    def accept() -> None:
        while True:
            try:
                came, _ = listener.accept()
            except OSError:
                return
            take(came)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(60)
        listener.close()


class Stage:
    """An ASGI application that another one takes the place of, so that tests can share one running server."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class _Server(Server):
    """Says when it listens, so that nobody has to poll."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
