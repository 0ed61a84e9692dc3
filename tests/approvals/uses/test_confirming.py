"""Whoever an application names by its own word alone says so before others decide."""

from typing import Any

import msgspec
import pytest

from approvals.refusals.errors import NotFound
from tests.support.refunds import (
    ASSERTED,
    Till,
    with_actions,
)
from tests.support.world import ALICE, BOB, World, policy, refused

REPLACE = msgspec.structs.replace


@pytest.fixture
def till(world: World) -> Till:
    return Till(world)


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_nobody_decides_before_a_person_named_by_an_application_has_confirmed(till: Till, verdict: Any) -> None:
    request = till.asserting().ask(person=ASSERTED)

    with refused("unconfirmed.person"):
        till.world.press(BOB, request, verdict, comment="No")
    till.world.pass_()
    assert till.world.read(request).reviews == ()


def test_only_that_person_confirms_and_only_what_was_shown(till: Till) -> None:
    request = till.asserting().ask(person=ASSERTED)

    with pytest.raises(NotFound):
        till.confirm(BOB, request)
    with refused("changed"):
        till.confirm(ALICE, request, digest="sha256:" + "0" * 64)
    assert till.world.read(request).confirmed is None


def test_what_a_token_proves_needs_no_confirmation(till: Till) -> None:
    with refused("confirmed"):
        till.confirm(ALICE, till.ask())


def test_once_it_is_confirmed_others_decide_and_it_is_used(till: Till) -> None:
    request = till.asserting().ask(person=ASSERTED)
    confirmed = till.confirm(ALICE, request)
    assert till.confirm(ALICE, request) == confirmed
    with refused("self"):
        till.world.press(ALICE, request)
    till.world.press(BOB, request)

    assert till.consume(request).state == "used"


def test_a_guardrail_allows_nothing_before_the_person_has_confirmed(till: Till) -> None:
    till.judged("allow")
    request = till.asserting().ask(person=ASSERTED)
    till.world.pass_()
    assert till.world.read(request).state == "pending"

    assert till.confirm(ALICE, request).state == "approved"


def test_an_application_that_may_not_name_people_any_more_gets_nothing_approved(till: Till) -> None:
    request = till.asserting().ask(person=ASSERTED)
    till.confirm(ALICE, request)
    till.world.policy = with_actions(policy())

    with refused("terms.changed"):
        till.world.press(BOB, request)


def test_a_confirmation_stands_where_the_policy_has_come_to_ask_somebody(till: Till) -> None:
    request = till.asserting().judged("allow").ask(person=ASSERTED)
    till.judged("require_approval")
    confirmed = till.confirm(ALICE, request)
    assert (confirmed.state, confirmed.confirmed is not None) == ("pending", True)
    till.world.press(BOB, request)

    assert till.world.read(request).state == "approved"


def test_a_guest_gets_nothing_that_nobody_else_approves(till: Till) -> None:
    request = till.asserting().judged("allow").ask(person=ASSERTED)
    rules = msgspec.structs.replace(till.world.policy.identity, guests="request")
    till.world.policy = msgspec.structs.replace(till.world.policy, identity=rules)
    till.world.people.join(ALICE, guest=True)

    with refused("requester.guest"):
        till.confirm(ALICE, request)
    assert till.world.read(request).state == "pending"
