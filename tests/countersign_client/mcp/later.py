"""Time that passes for an event loop at once: for tests of what happens after a while."""

import asyncio


async def pass_(seconds: float) -> None:
    """Let so much time be over for this event loop, and whatever waits for it happen."""
    loop = asyncio.get_running_loop()
    now = loop.time
    loop.time = lambda: now() + seconds  # type: ignore[method-assign]
    for _ in range(3):
        await asyncio.sleep(0)
