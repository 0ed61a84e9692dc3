"""No step that the tables of states do not know is ever made, whoever asks for it."""

from itertools import product
from typing import get_args

import msgspec
import pytest

from approvals.chaining import chained
from approvals.grants import GrantState
from approvals.requests import Request, State
from approvals.states import GRANT, REQUEST, Impassable, Step
from tests.builders import NOW, filed, grant

STATES, GRANTS = get_args(State), get_args(GrantState)
UNKNOWN = set(product(STATES, repeat=2)) - {(s.before, s.after) for s in REQUEST} - {(s, s) for s in STATES}
UNKNOWN_GRANTS = set(product(GRANTS, repeat=2)) - {(s.before, s.after) for s in GRANT} - {(s, s) for s in GRANTS}


def stored(**fields: object) -> Request:
    return msgspec.structs.replace(filed().request, **fields)


def step(request: Request, **fields: object) -> Request:
    return chained(request, now=NOW, actor="countersign", action="test", detail={}, **fields).request


@pytest.mark.parametrize(("before", "after"), sorted(UNKNOWN))
def test_a_request_makes_no_other_step(before: State, after: State) -> None:
    with pytest.raises(Impassable, match=f"{after} cannot follow {before}"):
        step(stored(state=before), state=after)


@pytest.mark.parametrize(("before", "after"), sorted(UNKNOWN_GRANTS))
def test_a_grant_makes_no_other_step(before: GrantState, after: GrantState) -> None:
    request = stored(state="approved", grants=(grant("active"), grant(before)))

    with pytest.raises(Impassable, match=f"{after} cannot follow {before}"):
        step(request, grants=(grant("active"), grant(after)))


@pytest.mark.parametrize("first", [state for state in GRANTS if state != "activating"])
def test_a_grant_begins_by_being_made(first: GrantState) -> None:
    with pytest.raises(Impassable):
        step(stored(), state="approved", grants=(grant("activating"), grant(first)))


@pytest.mark.parametrize("grants", [(), (grant(),), (grant(), grant(), grant())])
def test_no_grant_comes_or_goes_later(grants: tuple[object, ...]) -> None:
    with pytest.raises(Impassable, match="came or went"):
        step(stored(state="approved", grants=(grant(), grant())), grants=grants)


@pytest.mark.parametrize("known", REQUEST, ids=lambda one: f"{one.before} to {one.after}")
def test_a_step_of_the_table_is_made(known: Step) -> None:
    assert step(stored(state=known.before), state=known.after).state == known.after


@pytest.mark.parametrize("known", GRANT, ids=lambda one: f"{one.before} to {one.after}")
def test_a_step_of_a_grant_is_made(known: Step) -> None:
    before = msgspec.structs.replace(grant(), state=known.before)
    after = msgspec.structs.replace(grant(), state=known.after)

    assert step(stored(state="approved", grants=(before,)), grants=(after,)).grants == (after,)
