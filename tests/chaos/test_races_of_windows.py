"""What somebody else does between the last look and the write by which a call of a window is taken, or used."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from approvals.requests import Request
from tests.chaos.test_lives_of_windows import OTHERS, LivesOfWindows
from tests.support.refunds import ASSERTED
from tests.support.tool_callers import Call


@contextmanager
def opened(*, used: bool) -> Iterator[tuple[LivesOfWindows, Call]]:
    """A window of three calls, of which the first one was made or was not; and at last all that must hold."""
    life = LivesOfWindows()
    try:
        call = life.next(Call(number=0))
        first = life.asks(call)
        life.callers.approve(first)
        if used:
            life.uses(first, "use 1")
        yield life, call
    finally:
        life.teardown()


def state(life: LivesOfWindows, request: Request | None) -> str:
    return life.disk.request(request.id).state if request is not None else "refused"


@pytest.mark.parametrize("change", [*({name: value} for name, value in OTHERS.items()), {"person": ASSERTED}])
def test_no_call_of_another_agent_tool_definition_or_person_is_taken(change: dict[str, Any]) -> None:
    with opened(used=True) as (life, call):
        other = msgspec.structs.replace(life.next(call), **change)

        assert state(life, life.attempt(lambda: life.asks(other))) == "pending"


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize(
    ("race", "found"),
    [("nothing", "approved"), ("taken", "approved"), ("ended", "pending"), ("frozen", "refused")],
)
def test_as_a_call_is_taken(race: str, found: str, *, used: bool) -> None:
    with opened(used=used) as (life, call):
        life.races(race, call)

        assert state(life, life.attempt(lambda: life.asks(life.next(call)))) == found


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize(
    ("race", "found"),
    [("nothing", "used"), ("taken", "used"), ("used", "used"), ("ended", "approved"), ("frozen", "approved")],
)
def test_as_a_call_that_was_taken_is_used(race: str, found: str, *, used: bool) -> None:
    with opened(used=used) as (life, call):
        taken = life.asks(life.next(call))
        life.races(race, call, taken)
        life.attempt(lambda: life.uses(taken, "use 1"))

        assert state(life, taken) == found


@pytest.mark.parametrize("race", ["taken", "opened"])
def test_as_the_last_call_is_taken_there_is_one_or_a_window_of_its_own(race: str) -> None:
    with opened(used=True) as (life, call):
        life.asks(life.next(call))
        waiting = life.asks(msgspec.structs.replace(life.next(call), person=ASSERTED))
        life.confirms(waiting, several=True)
        life.races(race, call)

        found = life.attempt(lambda: life.asks(life.next(call)))

        assert state(life, found) == ("pending" if race == "taken" else "approved")


@pytest.mark.parametrize("moment", range(4))
def test_a_death_in_the_approval_leaves_a_whole_window_or_none(moment: int) -> None:
    life = LivesOfWindows()
    try:
        call = life.next(Call(number=0))
        first = life.asks(call)
        life.attempt(lambda: life.callers.approve(first), moment)
        opens = life.disk.request(first.id).window is not None

        found = [state(life, life.attempt(lambda: life.asks(life.next(call)))) for _ in range(3)]

        assert found == (["approved", "approved", "pending"] if opens else ["pending"] * 3)
    finally:
        life.teardown()
