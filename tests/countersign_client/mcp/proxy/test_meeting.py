"""Which generation an upstream speaks is found out whatever it says first, and however late."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from countersign_client.mcp.proxy.errors import Answered, Lost
from countersign_client.mcp.proxy.meeting import meet

OFFERED = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}}
LOCKED = Answered(-32600, "the connection serves 2026-07-28 by now, and begins no session")


class Answering:
    """An upstream that gives these answers, one after the other, and stays."""

    alive = True
    headed = True

    def __init__(self, *answers: Mapping[str, Any] | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def untaken(self, _: Mapping[str, str]) -> None:
        """Takes whatever comes."""

    async def request(self, method: str, params: Mapping[str, Any], **_: object) -> dict[str, Any]:
        self.asked.append(method)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    async def notify(self, method: str, params: Mapping[str, Any], **_: object) -> None:
        self.asked.append(method)

    async def aclose(self) -> None: ...


def test_one_that_started_late_and_begins_no_session_any_more_is_asked_again() -> None:
    upstream = Answering(Lost("no answer within 10 seconds"), LOCKED, OFFERED)

    assert asyncio.run(meet(upstream)).version == "2026-07-28"
    assert upstream.asked == ["server/discover", "initialize", "server/discover"]


def test_one_that_refuses_a_session_at_once_is_not_asked_again() -> None:
    upstream = Answering(Answered(-32601, "Method not found"), LOCKED)

    with pytest.raises(Answered, match="begins no session"):
        asyncio.run(meet(upstream))
    assert upstream.asked == ["server/discover", "initialize"]
