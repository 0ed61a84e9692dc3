"""A server that stops as soon as it is told to, for it is started and stopped all day long."""

import asyncio
import socket
from contextlib import suppress

import uvicorn


class Server(uvicorn.Server):
    """As uvicorn's own, which looks every tenth of a second whether to stop, and then pauses for one more."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Say, from any thread, that it is to end; its thread ends when it has."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        self._told = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        while not self.should_exit:
            await self.on_tick(0)  # what time it is, for the answers' heads
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(10):
            await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)  # somebody is still answered
            return
        for each in sockets or ():
            each.close()
        await self.lifespan.shutdown()
