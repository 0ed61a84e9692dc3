"""A program that serves an agent over standard input and output, before a desk in memory: for tests alone."""

import asyncio

from countersign_client.mcp import stdio
from countersign_client.mcp.gates import Gates
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import People
from countersign_client.mcp.server import server
from tests.countersign_client.mcp.desk import ALICE, Desk


def brought(_: object) -> str:
    print("what a handler prints is no message", flush=True)
    return ALICE


async def main() -> None:
    desk = Desk()
    await stdio.serve(
        server(
            version="1",
            gates=Gates(desk),
            holding=Holding(desk),
            callers=People(desk, brought),
            secret=b"s" * 32,
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
