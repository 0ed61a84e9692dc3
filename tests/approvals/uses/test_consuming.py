"""An application does what was approved once, in time, and exactly as it was asked for."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Requirement, Stage
from approvals.refusals.errors import NotFound, Refused
from approvals.refusals.reasons import reason
from approvals.requests import Request, Settled
from tests.support.refunds import (
    OTHER_SHOP,
    REFUND,
    SHOP,
    Speaker,
    Till,
    with_actions,
)
from tests.support.world import APPROVERS, BOB, CAROL, DAN, World, refused

REPLACE = msgspec.structs.replace


@pytest.fixture
def till(world: World) -> Till:
    return Till(world)


CHANGES: Mapping[str, Any] = {
    "the application gone": {"applications": {"store": OTHER_SHOP}},
    "the issuer gone": {"issuers": {}},
    "the issuer not to be brought": {"applications": {"shop": REPLACE(SHOP, brings=())}},
    "the action gone": {"actions": {}},
    "the action of another": {"action": REPLACE(REFUND, application="store")},
    "a parameter more": {
        "action": REPLACE(REFUND, parameters=(*REFUND.parameters, REPLACE(REFUND.parameters[1], name="why")))
    },
    "a parameter by another label": {
        "action": REPLACE(REFUND, parameters=(REPLACE(REFUND.parameters[0], label="Gift"), *REFUND.parameters[1:]))
    },
    "less time to use it": {"action": REPLACE(REFUND, use_by=timedelta(minutes=5))},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_policy_that_has_changed_approves_nothing_any_more(till: Till, what: str) -> None:
    request = till.ask()
    till.world.policy = with_actions(**CHANGES[what])

    with pytest.raises(Refused):
        till.world.press(BOB, request)
    till.world.pass_()
    assert till.world.read(request).state in ("pending", "expired")


@pytest.mark.parametrize("what", CHANGES)
def test_a_policy_that_has_changed_lets_nothing_be_used(till: Till, what: str) -> None:
    request = till.approved()
    till.world.policy = with_actions(**CHANGES[what])

    with refused("terms.changed"):
        till.consume(request)
    assert till.world.read(request).state == "approved"


def test_what_the_policy_takes_back_expires(till: Till) -> None:
    request = till.ask()
    till.world.policy = with_actions(actions={})
    till.world.pass_()

    assert till.world.read(request).state == "expired"


TWO = Requirement(kind="stages", stages=(Stage(approvers=(f"group:{APPROVERS}",), needed=2),))
UNUSED: Mapping[str, tuple[str, Callable[[Till, Request], object]]] = {
    "another amount": ("parameters.differ", lambda till, r: till.consume(r, till.errand("2500.00 EUR"))),
    "another secret": ("parameters.differ", lambda till, r: till.consume(r, till.errand(card="4112"))),
    "a parameter less": (
        "parameters.differ",
        lambda till, r: till.consume(r, till.errand(parameters=till.errand().parameters[:2])),
    ),
    "another key": ("parameters.differ", lambda till, r: till.consume(r, till.errand(key="order/A-18"))),
    "other data": ("parameters.differ", lambda till, r: till.consume(r, till.errand(data=""))),
    "another action": ("parameters.differ", lambda till, r: till.consume(r, till.errand(action="payout"))),
    "in a freeze": ("frozen", lambda till, r: till.frozen().consume(r)),
    "a guardrail refuses it": (
        "guardrail",
        lambda till, r: till.judged("refuse").consume(r),
    ),
    "the person may not any more": (
        "requester",
        lambda till, r: till.ruled(action=REPLACE(REFUND, requesters=("user:bob@example.com",))).consume(r),
    ),
    "the policy asks for more people": (
        "incomplete",
        lambda till, r: till.ruled(action=REPLACE(REFUND, requirement=TWO)).consume(r),
    ),
    "its time is over though nobody has noted it": (
        "unusable",
        lambda till, r: till.later(600).consume(r),
    ),
}


@pytest.mark.parametrize("what", UNUSED)
def test_an_approval_is_not_used_like_this(till: Till, what: str) -> None:
    request = till.approved()
    code, consume = UNUSED[what]

    with refused(code):
        consume(till, request)
    assert till.world.read(request).used is None


def test_another_parameter_is_named(till: Till) -> None:
    request = till.approved()
    with pytest.raises(Refused) as refusal:
        till.consume(request, till.errand("1.00 EUR", key="other"))

    assert refusal.value.reason == reason("parameters.differ", names=("amount", "key"))


ENDS: Mapping[str, Callable[[Till, Request], object]] = {
    "pending": lambda till, r: None,
    "denied": lambda till, r: till.world.press(BOB, r, "deny", comment="No"),
    "withdrawn": lambda till, r: till.withdraw(r),
    "expired": lambda till, r: till.later(4 * 3600).swept(),
    "lapsed": lambda till, r: [till.world.press(BOB, r), till.later(600).swept()],
}


@pytest.mark.parametrize("state", ENDS)
def test_what_is_not_approved_cannot_be_used_and_says_how_it_stands(till: Till, state: str) -> None:
    request = till.ask()
    ENDS[state](till, request)

    with pytest.raises(Settled) as refusal:
        till.consume(request)
    assert (refusal.value.code, refusal.value.reason.facts) == ("unusable", {"state": state})
    assert refusal.value.request.state == state == till.world.read(request).state


def test_an_approval_is_used_once_and_the_same_call_gets_the_same_answer(till: Till) -> None:
    request = till.approved()
    used = till.consume(request, key="use 1")

    with refused("used"):
        till.consume(request, key="use 2")
    assert till.consume(request, key="use 1") == used
    assert used.used is not None
    assert (used.state, used.used.by, used.used.key) == ("used", "shop", "use 1")
    assert used.decision is not None
    assert used.decision.outcome == "approved"
    assert till.world.actions(used) == ["request.filed", "review.approve", "request.approved", "request.used"]


def test_the_same_call_with_another_errand_gets_no_answer(till: Till) -> None:
    request = till.approved()
    till.consume(request, key="use 1")
    with refused("parameters.differ"):
        till.consume(request, till.errand("1.00 EUR"), key="use 1")


def test_of_another_application_there_is_no_request(till: Till) -> None:
    request = till.approved()
    other = Speaker(OTHER_SHOP)

    with pytest.raises(NotFound):
        till.consume(request, by=OTHER_SHOP)
    with pytest.raises(NotFound):
        till.world.uses.acting.look(other, request.id)
    with pytest.raises(NotFound):
        till.world.uses.acting.withdraw(other, request.id, now=till.world.clock())
    assert till.world.uses.acting.listed(other, most=10).requests == []


def test_access_is_no_application_s_request(till: Till) -> None:
    request = till.world.file()
    with pytest.raises(NotFound):
        till.world.uses.acting.look(till.speaker, request.id)


def test_who_approved_and_left_does_not_take_the_approval_along(till: Till) -> None:
    """What was decided was decided; what ends it before it is used is the time, or somebody who says so."""
    request = till.approved()
    till.world.people.groups[APPROVERS] = {CAROL, DAN}

    assert till.consume(request).state == "used"


def test_a_sign_in_that_was_new_enough_when_it_was_asked_still_is_while_others_decide(till: Till) -> None:
    till.judged("step_up", max_age=300)
    request = till.ask()
    till.world.clock.advance(1200)
    till.world.press(BOB, request)

    assert till.consume(request).state == "used"
