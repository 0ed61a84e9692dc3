"""A mail server on loopback that takes every mail after a set time: `python -m bench.post SECONDS`."""

import asyncio
import os
import sys


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    try:
        writer.write(b"220 post\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(delay)
            writer.write(b"250 post\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _serve(delay: float) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: _talk(reader, writer, delay), "127.0.0.1", int(os.environ["PORT"]), limit=1 << 20
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
