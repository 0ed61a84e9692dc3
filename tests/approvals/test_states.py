"""No step that the tables of states do not know is ever made, whoever asks for it."""

from itertools import product
from typing import get_args

import msgspec
import pytest

from approvals.chaining import chained
from approvals.grants import GrantState
from approvals.requests import Request, State
from approvals.states import GRANT, REQUEST
from tests.support.builders import NOW, action_terms, filed, grant

STATES, GRANTS = get_args(State), get_args(GrantState)
STEPS = {(before, after) for before, following in REQUEST.items() for after in following}
GRANT_STEPS = {(before, after) for before, following in GRANT.items() for after in following}
UNKNOWN = set(product(STATES, repeat=2)) - STEPS - {(state, state) for state in STATES}
UNKNOWN_GRANTS = set(product(GRANTS, repeat=2)) - GRANT_STEPS - {(state, state) for state in GRANTS}


def stored(**fields: object) -> Request:
    return msgspec.structs.replace(filed().request, **fields)


def step(request: Request, **fields: object) -> Request:
    return chained(request, now=NOW, actor="countersign", action="test", detail={}, **fields).request


@pytest.mark.parametrize(("before", "after"), sorted(UNKNOWN))
def test_a_request_makes_no_other_step(before: State, after: State) -> None:
    with pytest.raises(ValueError, match=f"{after} cannot follow {before}"):
        step(stored(state=before), state=after)


@pytest.mark.parametrize(("before", "after"), sorted(UNKNOWN_GRANTS))
def test_a_grant_makes_no_other_step(before: GrantState, after: GrantState) -> None:
    request = stored(state="approved", grants=(grant("active"), grant(before)))

    with pytest.raises(ValueError, match=f"{after} cannot follow {before}"):
        step(request, grants=(grant("active"), grant(after)))


@pytest.mark.parametrize("first", [state for state in GRANTS if state not in ("activating", "scheduled")])
def test_a_grant_begins_by_being_made_or_by_waiting_for_its_time(first: GrantState) -> None:
    with pytest.raises(ValueError, match="cannot follow activating"):
        step(stored(), state="approved", grants=(grant("activating"), grant(first)))


@pytest.mark.parametrize("grants", [(), (grant(),), (grant(), grant(), grant())])
def test_no_grant_comes_or_goes_later(grants: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="came or went"):
        step(stored(state="approved", grants=(grant(), grant())), grants=grants)


@pytest.mark.parametrize(("before", "after"), sorted(STEPS))
def test_a_step_of_the_table_is_made(before: State, after: State) -> None:
    assert step(stored(state=before, terms=action_terms()), state=after).state == after


@pytest.mark.parametrize("after", ["used", "lapsed"])
def test_access_is_never_used_up(after: State) -> None:
    with pytest.raises(ValueError, match="only an action is used"):
        step(stored(state="approved"), state=after)


def test_an_action_never_gets_a_grant() -> None:
    with pytest.raises(ValueError, match="an action has no grant"):
        step(stored(terms=action_terms()), state="approved", grants=(grant("activating"),))


@pytest.mark.parametrize(("before", "after"), sorted(GRANT_STEPS))
def test_a_step_of_a_grant_is_made(before: GrantState, after: GrantState) -> None:
    request = stored(state="approved", grants=(grant(before),))

    assert step(request, grants=(grant(after),)).grants == (grant(after),)
