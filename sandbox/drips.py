"""Answers that come in drops, one byte at a time: no single read waits for long, and the whole never ends."""

import asyncio
from typing import Literal

from starlette.requests import Request

Step = Literal["status", "headers", "body"]

EVERY = 0.1
"""Seconds between two drops: less than anybody's limit for one read."""

LONGEST = 90.0
"""Seconds after which a connection is cut, so that a forgotten one cannot hang a run."""


async def drip(request: Request, body: bytes, *, step: Step) -> None:
    """Answer with this JSON: what is before the step at once, the rest in drops. Ends with the connection.

    Only a server that shows its transport can do so (uvicorn does); ASGI knows no half of a head.
    """
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is None:
        return
    head = (
        b"HTTP/1.1 200 OK\r\n",
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body),
        body,
    )
    begun = {"status": 0, "headers": 1, "body": 2}[step]
    transport.write(b"".join(head[:begun]))
    began = asyncio.get_running_loop().time()
    for drop in b"".join(head[begun:]):
        if transport.is_closing() or asyncio.get_running_loop().time() >= began + LONGEST:
            break
        transport.write(bytes([drop]))
        await asyncio.sleep(EVERY)
    transport.abort()
