"""An answer that is sent piece by piece, as it is made in threads of its door's own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from handlers.wire.written import Written


class Streamed(StreamingResponse, Written):
    """A file to keep under `name`. What fails on the way breaks the connection: no part of it passes as all."""

    def __init__(self, pieces: Iterator[bytes], *, executor: Executor, media_type: str, name: str) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        super().__init__(_aside(pieces, executor), media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            return  # nobody is there to be sent the rest


async def _aside(pieces: Iterator[bytes], executor: Executor) -> AsyncIterator[bytes]:
    """Make each piece in a thread, once the one before it was taken."""
    loop = asyncio.get_running_loop()
    while (piece := await loop.run_in_executor(executor, next, pieces, None)) is not None:
        yield piece
