"""`python -m bench.drips`: a receiver of webhooks on loopback that answers in drops, for ever."""

import asyncio
import contextlib
import os

import uvloop

_DROP = 0.5


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        first = await reader.readuntil(b"\r\n\r\n")
        if first.startswith(b"GET"):
            # Whoever started it looks whether it is there.
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nX-Drops: ")
            while not writer.is_closing():
                writer.write(b".")
                await writer.drain()
                await asyncio.sleep(_DROP)
    writer.close()


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", int(os.environ["PORT"]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
