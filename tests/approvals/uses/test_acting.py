"""Applications ask for actions on behalf of people; everything that must be refused comes first."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Guardrail, Requirement, Stage
from approvals.policy.parties import Application
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import reason
from approvals.targets import Given
from approvals.uses.errands import Errand
from tests.support.builders import PERSON
from tests.support.refunds import (
    ASSERTED,
    OTHER_SHOP,
    REFUND,
    SHOP,
    Till,
)
from tests.support.world import ALICE, APPROVERS, BOB, GWEN, World, refused

REPLACE = msgspec.structs.replace


@pytest.fixture
def till(world: World) -> Till:
    return Till(world)


def amount(**changes: Any) -> Errand:
    good = Given(name="amount", label="Amount", type="money", value="250.00 EUR")
    order = Given(name="order", label="Order", type="string", value="A-17")
    return Errand(action="refund", parameters=(REPLACE(good, **changes), order))


ALONE = REPLACE(
    REFUND, requirement=Requirement(kind="stages", stages=(Stage(approvers=("user:alice@example.com",)),))
)
REFUSED: Mapping[str, tuple[str, Callable[[Till], object]]] = {
    "an action that nobody knows": ("action", lambda till: till.ask(till.errand(action="delete"))),
    "an action of another application": ("action", lambda till: till.ask(till.errand(action="payout"))),
    "an entitlement": ("action", lambda till: till.ask(till.errand(action="admin"))),
    "a person of an issuer that it may not bring": (
        "issuer",
        lambda till: till.ask(person=REPLACE(PERSON, issuer="partners")),
    ),
    "a person by its own word": ("issuer.asserted", lambda till: till.ask(person=ASSERTED)),
    "a person who may not": (
        "requester",
        lambda till: till.ask(person=REPLACE(PERSON, principal="mallory@elsewhere.example")),
    ),
    "without a parameter": ("parameters", lambda till: till.ask(Errand(action="refund"))),
    "a parameter more": ("parameters", lambda till: till.ask(amount(name="sum"))),
    "a parameter of another type": ("parameters", lambda till: till.ask(amount(type="string"))),
    "a parameter by another label": ("parameters", lambda till: till.ask(amount(label="Gift"))),
    "a reason that is too long": ("justification", lambda till: till.ask(reason="x" * 1001)),
    "while all is frozen": ("frozen", lambda till: till.frozen().ask()),
    "what a guardrail refuses": (
        "guardrail",
        lambda till: till.judged("refuse").ask(),
    ),
    "without a newer sign-in": (
        "step_up",
        lambda till: till.judged("step_up", max_age=60).ask(),
    ),
    "what only the person could approve": (
        "approvers.few",
        lambda till: till.ruled(action=ALONE).ask(),
    ),
    "after it was taken out of the policy": (
        "application",
        lambda till: till.ruled(applications={}).ask(),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_application_does_not_get_this_filed(till: Till, what: str) -> None:
    code, ask = REFUSED[what]
    with refused(code):
        ask(till)

    assert till.world.store.open_of(ALICE) == []


def test_a_step_up_says_what_is_wanted(till: Till) -> None:
    till.judged("step_up", acr=("mfa", "phrh"), max_age=300)
    with pytest.raises(Refused) as refusal:
        till.ask()

    assert refusal.value.reason == reason("step_up", acr=("mfa", "phrh"), max_age=300)


def test_a_guardrail_says_why_in_its_own_words(till: Till) -> None:
    till.judged("refuse", reason="Refunds are closed this week.")
    with pytest.raises(Refused) as refusal:
        till.ask()

    assert refusal.value.reason == reason("guardrail.said", said="Refunds are closed this week.")


def test_an_application_asks_on_behalf_of_a_person_and_a_repeat_asks_nothing_more(till: Till) -> None:
    request = till.ask(key="call", reason="Arrived broken")
    again = till.ask(till.errand("9.99 EUR"), key="call")

    assert again == request
    assert (request.state, request.requester, request.terms.person) == ("pending", ALICE, PERSON)
    assert request.account == f"application:shop/{ALICE}"
    assert request.action is not None
    assert (request.action.risk, request.action.metadata) == (REFUND.risk, REFUND.metadata)
    (entry,) = till.world.store.entries(request.id)
    assert (entry.actor, entry.detail["requester"]) == ("application:shop", ALICE)


def test_another_application_with_the_same_key_asks_for_itself(till: Till) -> None:
    own = till.ask(key="call")
    other = Till(till.world, application=OTHER_SHOP)

    with refused("issuer"):
        other.ask(other.errand(action="payout"), key="call")
    assert till.world.read(own) == own


@pytest.mark.parametrize("who", [ALICE, "a.smith@example.com", GWEN])
def test_neither_the_person_nor_who_is_no_approver_decides(till: Till, who: str) -> None:
    till.world.people.groups[APPROVERS] |= {ALICE, "a.smith@example.com"}
    till.world.people.join("a.smith@example.com")
    request = till.ask()

    with refused("self" if who != GWEN else "not_approver"):
        till.world.press(who, request)
    assert till.world.read(request).state == "pending"


def test_an_approved_action_has_no_grant_and_nothing_is_written_outside(till: Till) -> None:
    request = till.approved()
    till.world.pass_()

    assert (request.state, request.grants) == ("approved", ())
    assert request.use_by == till.world.clock() + timedelta(minutes=10)
    assert till.world.store.holdings(resource="shop", person=ALICE) == []


def test_a_guardrail_allows_and_says_so(till: Till) -> None:
    till.judged("allow")
    request = till.ask()

    assert (request.state, request.terms.requirement.kind) == ("approved", "allow")
    assert request.decision is not None
    assert request.decision.by == ()
    assert till.world.store.entries(request.id)[-1].detail["kind"] == "allow"
    assert till.consume(request).state == "used"


def test_what_was_allowed_and_needs_an_approval_by_now_is_not_used(till: Till) -> None:
    till.judged("allow")
    request = till.ask()
    till.judged("require_approval")

    with refused("incomplete"):
        till.consume(request)


def test_a_sign_in_that_grows_old_hides_no_approval_that_is_needed_by_now(till: Till) -> None:
    after = (till.world.clock() + timedelta(minutes=2)).isoformat()
    guardrails = (
        Guardrail(when="true", then="step_up", max_age=300),
        Guardrail(when=f'now > timestamp("{after}")', then="require_approval"),
        Guardrail(when="true", then="allow"),
    )
    actions = dict(till.world.policy.actions)
    actions["refund"] = REPLACE(actions["refund"], guardrails=guardrails)
    till.world.policy = REPLACE(till.world.policy, actions=actions)
    request = till.ask(person=REPLACE(PERSON, auth_time=till.world.clock()))
    till.world.clock.advance(6 * 60)

    with refused("incomplete"):
        till.consume(request)
    assert till.world.read(request).state == "approved"


@pytest.mark.parametrize("proven", ["token", "iap"])
def test_what_was_approved_for_a_person_whose_issuer_counts_no_more_is_not_used(till: Till, proven: Any) -> None:
    request = till.ask(person=REPLACE(PERSON, proven=proven))
    till.world.press(BOB, request)
    till.ruled(applications={each.id: REPLACE(each, brings=()) for each in (SHOP, OTHER_SHOP)})

    with refused("terms.changed"):
        till.consume(request)


def test_whoever_an_issuer_means_by_now_does_not_decide_on_what_is_asked_for_them(till: Till) -> None:
    request = till.ask()
    identity = till.world.policy.identity
    aliases = {**identity.aliases, f"{PERSON.issuer}:{PERSON.subject}": BOB}
    till.world.policy = REPLACE(till.world.policy, identity=REPLACE(identity, aliases=aliases))

    with refused("terms.changed"):
        till.world.press(BOB, request)
    till.world.pass_()
    assert till.world.read(request).state == "expired"


def test_what_needed_an_approval_is_not_approved_by_a_guardrail_later(till: Till) -> None:
    request = till.ask()
    till.judged("allow")
    till.world.pass_()

    assert till.world.read(request).state == "pending"


def few(**limits: int) -> dict[str, Application]:
    """The applications, the first of which may ask for less."""
    first = REPLACE(SHOP, limits=REPLACE(SHOP.limits, **limits))
    return {each.id: each for each in (first, OTHER_SHOP)}


def test_nobody_is_asked_more_often_than_the_application_s_limits_say(till: Till) -> None:
    till.ruled(applications=few(pending=1))
    till.ask()

    with refused("limit.application.waiting"):
        till.ask(person=REPLACE(PERSON, principal=BOB))
    till.judged("allow")
    assert till.ask().state == "approved"


def test_an_application_that_filed_too_much_within_an_hour_is_told_when_to_ask_again(till: Till) -> None:
    till.ruled(applications=few(per_hour=2))
    for _ in range(2):
        till.world.uses.acting.withdraw(till.speaker, till.ask().id, now=till.world.clock())
    till.world.clock.advance(20 * 60)

    with pytest.raises(Refused) as refusal:
        till.ask()
    assert refusal.value.code == "limit.application.hour"
    assert refusal.value.reason.facts == {"most": 2, "wait": 40 * 60}


def test_what_an_application_asks_for_somebody_leaves_their_own_limits_alone(till: Till) -> None:
    limits = REPLACE(till.world.policy.limits, pending=1, per_hour=1)
    till.world.policy = REPLACE(till.world.policy, limits=limits)
    till.ask()
    till.ask()

    assert till.world.file().requester == PERSON.principal


def test_an_application_lists_its_own_requests_newest_first(till: Till) -> None:
    made = []
    for _ in range(5):
        till.world.clock.advance(1)
        made.append(till.ask().id)
    till.world.press(BOB, till.world.store.request(made[2]), "deny", comment="No")
    acting = till.world.uses.acting
    first = acting.listed(till.speaker, most=2)
    rest = acting.listed(till.speaker, most=10, before=first.older)

    assert [each.id for each in (*first.requests, *rest.requests)] == made[::-1]
    assert [each.id for each in acting.listed(till.speaker, state="denied", most=10).requests] == [made[2]]
    assert [each.id for each in acting.actions(till.speaker)] == ["refund"]
