"""`python -m bench.waiters URL KEY COUNT REQUEST…`: so many calls wait for these requests until this is ended."""

import asyncio
import sys
from pathlib import Path

from countersign_client.applications import AsyncApplication
from countersign_client.call_tokens import read_key


async def main(url: str, key: str, count: int, *requests: str) -> None:
    app = AsyncApplication(url, "payments", read_key(Path(key).read_text()))

    async def wait(number: int) -> None:
        # Not all in one instant, as a thousand programs would not.
        await asyncio.sleep(number * 0.004)
        await app.wait(requests[number % len(requests)], timeout=3600)

    await asyncio.gather(*(wait(number) for number in range(count)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:]))
