"""What must be true of a call that was taken from a window, told without the code that takes it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from approvals.policy.tools import CallWindow
from approvals.requests import Request
from approvals.reviews import standing
from tests.support.refunds import ASSERTED
from tests.support.tool_callers import Call

MINUTE = timedelta(seconds=60)


class Moment(msgspec.Struct, frozen=True):
    """What the store held as something was written to it, and what else counted."""

    frozen: bool
    generation: str
    requests: Mapping[str, Request]


class Rules(msgspec.Struct, frozen=True):
    """What the policy said when a step began."""

    window: CallWindow | None
    needed: int


def may_count(call: Request, at: Moment, rules: Rules, *, now: datetime, gone: Mapping[str, datetime]) -> None:
    """The window of a call was open for it. `gone`: since when people are no approvers."""
    within = call.terms.within
    assert within is not None
    opener = at.requests[within.request]
    window, decision = opener.window, opener.decision
    assert not at.frozen
    assert window is not None
    assert decision is not None
    assert window.shut is None
    assert opener.lapsed is None or opener.lapsed.cause == "time"
    assert opener.generation == at.generation
    assert rules.window is not None
    assert now < min(window.until, decision.at + rules.window.lasts)
    assert within.number <= min(window.uses, rules.window.uses)
    assert within.digest == opener.digest
    votes = [each for each in standing(opener.reviews) if each.verdict == "approve"]
    assert all(each.window for each in votes)
    assert opener.confirmed is None or opener.confirmed.window
    able = [each.person for each in votes if gone.get(each.person, now) >= now - MINUTE]
    assert len(able) >= rules.needed


def is_next(call: Request, at: Moment) -> None:
    """It was the next one of its window, and there was one left."""
    within = call.terms.within
    assert within is not None
    window = at.requests[within.request].window
    assert window is not None
    assert within.number == window.taken + 1 <= window.uses


def alike(calls: Mapping[str, Call], requests: Iterable[Request]) -> None:
    """No call is of another agent, tool, definition or person than what people approved, or named by less."""
    for each in requests:
        within = each.terms.within
        if within is not None:
            opener, call = calls[within.request], calls[each.id]
            assert opener.bound == call.bound
            assert call.person != ASSERTED or opener.person == ASSERTED


def counted(requests: Iterable[Request]) -> None:
    """As many calls as each window counts, without gaps and twins, and never more than were approved."""
    numbers: dict[str, list[int]] = {}
    found = list(requests)
    for each in found:
        if each.terms.within is not None:
            numbers.setdefault(each.terms.within.request, []).append(each.terms.within.number)
    for each in found:
        taken = each.window.taken if each.window is not None else 1
        assert sorted(numbers.get(each.id, [])) == list(range(2, taken + 1))
        assert each.window is None or each.window.taken <= each.window.uses
