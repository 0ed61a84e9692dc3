"""What strangers send takes no memory once it is refused."""

import asyncio
import gc
import tracemalloc
from collections.abc import MutableMapping
from typing import Any

import pytest

from handlers.slack import front
from handlers.slack.front import LIMIT, Front
from tests.handlers.slack.bed import Bed

ENDS: dict[str, dict[str, Any] | None] = {
    "broken off": {"type": "http.disconnect"},
    "forged": {"type": "http.request"},
    "too slow": None,
}


@pytest.mark.parametrize("end", ENDS)
def test_no_body_of_a_stranger_is_held_once_it_is_refused(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Fails where an error keeps the body until the garbage is collected: strangers fill the memory sooner."""
    monkeypatch.setattr(front, "TIMEOUT", 0.05)
    door = Front(bed.app, signing_secret="x", executor=bed.pool, clock=bed.clock, pace=bed.pace, seldom=bed.seldom)
    heads = {b"x-slack-request-timestamp": str(int(bed.clock.seconds())).encode(), b"x-slack-signature": b"v0=0"}

    async def one() -> None:
        parts: list[dict[str, Any] | None] = [
            {"type": "http.request", "body": bytes(LIMIT), "more_body": True},
            ENDS[end],
        ]

        async def receive() -> MutableMapping[str, Any]:
            part = parts.pop(0)
            if part is None:
                await asyncio.sleep(60)
                raise AssertionError("nobody waits for so long")
            return part

        async def send(_: object) -> None:
            pass

        await door({"method": "POST", "query_string": b"", "headers": list(heads.items())}, receive, send)

    async def many(count: int) -> None:
        for _ in range(count):
            await one()

    asyncio.run(many(2))
    gc.disable()
    tracemalloc.start()
    try:
        asyncio.run(many(20))
        assert tracemalloc.get_traced_memory()[0] < 4 * LIMIT
    finally:
        tracemalloc.stop()
        gc.enable()
