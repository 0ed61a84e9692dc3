"""Several calls of one tool by one approval: what may be taken from a window, and what may not."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from approvals.audits import Inspection
from approvals.policy.tools import CallWindow
from approvals.uses.votes import Press
from tests.support.agents import DELETE, Assistant
from tests.support.direct import Wire
from tests.support.world import BOB, World

WINDOW = CallWindow(lasts=timedelta(minutes=30), uses=3)
SEVERAL = msgspec.structs.replace(DELETE, window=WINDOW)


@pytest.fixture
def assistant(tmp_path: Path, wire: Wire) -> Iterator[Assistant]:
    with (
        closing(World(tmp_path, granter=wire)) as world,
        closing(Assistant(world, action=SEVERAL, may_assert=True)) as made,
    ):
        yield made
        assert list(Inspection(world.store).faults()) == []


def approves(assistant: Assistant, request_id: str, *, several: bool = True, by: str = BOB) -> None:
    world = assistant.world
    token = world.tokens.mint(assistant.read(request_id), act="review", now=world.clock())
    press = Press(token=token, verdict="approve", window=several)
    world.uses.deciding.review(world.identity(by), press, now=world.clock())


def opened(assistant: Assistant) -> str:
    request_id = str(assistant.asks().json["id"])
    approves(assistant, request_id)
    return request_id


def test_calls_are_taken_from_it_until_it_is_used_up(assistant: Assistant) -> None:
    first = opened(assistant)
    assert assistant.uses(first).status == 200

    taken = [assistant.asks(arguments={"account": f"A-{number}"}).json for number in range(4)]

    assert [each["state"] for each in taken] == ["approved", "approved", "pending", "pending"]
    assert [each["approval"] for each in taken] == ["window", "window", "people", "people"]
