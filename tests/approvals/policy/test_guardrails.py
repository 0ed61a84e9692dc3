"""What guardrails come to: whatever their order, a doubt is no, and amounts compare to the cent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.people.persons import OnBehalf
from approvals.policy.guardrails import Judgement, judge
from approvals.policy.model import Guardrail
from approvals.refusals.reasons import reason
from approvals.targets import Given
from tests.approvals.policy.actions import policy
from tests.approvals.policy.judged import ALICE, BROKEN, NO, NOW, TRUTHS, YES, alice, guardrail, judged, outcome

# --- the rules ------------------------------------------------------------------------------------


WINNERS = ("refuse", "step_up", "require_approval", "allow")
ANY = st.builds(guardrail, st.sampled_from(WINNERS), st.sampled_from(TRUTHS))


@given(st.lists(ANY, max_size=6), st.randoms())
@settings(max_examples=60, deadline=None)
def test_whatever_the_order_a_refusal_wins_over_a_step_up_over_an_approval_over_nobody(
    guardrails: Sequence[Guardrail], chance: Any
) -> None:
    held = {each.then for each in guardrails if each.when == YES}
    refused = any(each.when == BROKEN for each in guardrails)
    expected = "refuse" if refused else next((each for each in WINNERS if each in held), "require_approval")
    mixed = list(guardrails)
    chance.shuffle(mixed)

    assert outcome(*mixed) == outcome(*guardrails) == expected


@given(st.lists(ANY, max_size=5), st.sampled_from(TRUTHS))
@settings(max_examples=60, deadline=None)
def test_one_more_refusal_never_makes_a_yes_of_a_no(guardrails: Sequence[Guardrail], when: str) -> None:
    rank = WINNERS.index(outcome(*guardrails))

    assert WINNERS.index(outcome(*guardrails, guardrail("refuse", when))) <= rank


@pytest.mark.parametrize("then", WINNERS)
def test_what_cannot_be_evaluated_refuses_whatever_it_would_do(then: str) -> None:
    assert judged(guardrail(then, BROKEN), guardrail("allow")) == Judgement(
        outcome="refuse", reason=reason("guardrail.error")
    )


def test_without_a_guardrail_that_holds_the_action_needs_its_approval() -> None:
    assert judged() == judged(guardrail("allow", NO)) == Judgement(outcome="require_approval")


def test_a_refusal_says_why_where_the_policy_does() -> None:
    assert judged(guardrail("refuse"), guardrail("refuse", reason="Not on Sundays")).reason == reason(
        "guardrail.said", said="Not on Sundays"
    )
    assert judged(guardrail("refuse")).reason == reason("guardrail")


def test_work_without_an_end_is_an_error() -> None:
    many = alice(claims={"groups": tuple(f"g{number}" for number in range(400))})
    endless = "subject.groups.all(a, subject.groups.all(b, subject.groups.all(c, a + b + c != 'x')))"

    assert judged(guardrail("allow", endless), person=many).reason == reason("guardrail.error")


# --- step up --------------------------------------------------------------------------------------


OLD = 'now - subject.auth_time > duration("15m")'


@pytest.mark.parametrize(
    ("when", "acr", "max_age", "person", "expected"),
    [
        (OLD, ("phr",), 300, alice(auth_time=NOW - timedelta(minutes=16)), "step_up"),
        (OLD, ("phr",), 300, alice(auth_time=None), "step_up"),
        (OLD, ("phr",), 300, ALICE, "allow"),
        (YES, ("phr",), None, ALICE, "step_up"),
        (YES, ("phr",), None, alice(acr=""), "step_up"),
        (YES, ("phr", "phrh"), None, alice(acr="phrh"), "allow"),
        (YES, ("c2",), None, alice(acr="c1 c2"), "allow"),
        (YES, ("c",), None, alice(acr="c1 c2"), "step_up"),
        (YES, (), 299, ALICE, "step_up"),
        (YES, (), 300, ALICE, "allow"),
        (YES, (), 300, alice(auth_time=None), "step_up"),
        (YES, ("phr",), 299, alice(acr="phr"), "step_up"),
        (YES, ("phr",), 300, alice(acr="phr"), "allow"),
    ],
)
def test_who_has_signed_in_as_is_wanted_need_not_do_so_again(
    when: str, acr: tuple[str, ...], max_age: int | None, person: OnBehalf, expected: str
) -> None:
    found = judged(guardrail("step_up", when, acr=acr, max_age=max_age), guardrail("allow"), person=person)

    assert found.outcome == expected
    if expected == "step_up":
        assert (found.acr, found.max_age) == (acr, max_age)


def test_one_sign_in_is_asked_for_that_satisfies_all_who_ask_for_one() -> None:
    found = judged(
        guardrail("step_up", acr=("mfa", "phr"), max_age=200),
        guardrail("step_up", acr=("phr",), max_age=None),
        guardrail("step_up", max_age=60),
    )

    assert (found.acr, found.max_age) == (("phr",), 60)


# --- what is looked at ----------------------------------------------------------------------------


HOLDS = [
    ('subject.type in ["guest", "contractor"]', alice(claims={"type": ("guest",)})),
    ('"support" in subject.groups', ALICE),
    ('subject.groups.exists(g, g.startsWith("nig"))', ALICE),
    ('subject.org == "" && subject.roles == []', ALICE),
    ('!has(subject.org) && has(subject.type) && has(subject.auth_time)', ALICE),
    ('!has(subject.auth_time)', alice(auth_time=None)),
    ('subject.principal == "alice@example.com" && subject.issuer == "okta" && subject.proven == "token"', ALICE),
    ('subject.acr == "pwd" && "pwd" in subject.amr', ALICE),
    ('application == "payments" && params.order == "A-17"', ALICE),
    ("params.due - now == duration('1h')", ALICE),
    ('now.getHours() == 9 && now.getHours(timezone) == 10', ALICE),
    ('params.amount_currency == "EUR" && params.count < 4', ALICE),
    ('has(params.order) && !has(params.fee) && !(has(params.fee) && params.fee > 1)', ALICE),
    ('false && "x" in subject.groups || true', alice(unknown=("groups",))),
]  # fmt: skip


@pytest.mark.parametrize(("when", "person"), HOLDS)
def test_a_guardrail_sees_the_person_the_parameters_and_the_moment(when: str, person: OnBehalf) -> None:
    assert outcome(guardrail("allow", when), person=person) == "allow"


UNKNOWN = [
    ('"admins" in subject.groups', alice(unknown=("groups",), claims={})),
    ('!("admins" in subject.groups)', alice(unknown=("groups",), claims={})),
    ('"support" in subject.groups', alice(unknown=("groups",))),
    ('has(subject.groups)', alice(unknown=("groups",))),
    ('subject.type == "employee"', alice(unknown=("type",))),
    ('subject.type != "guest"', alice(claims={"type": ("employee", "guest")})),
    ('subject.auth_time < now', alice(unknown=("auth_time",))),
    ('params.fee <= 5', ALICE),
    ('!(params.fee > 5)', ALICE),
]  # fmt: skip


@pytest.mark.parametrize(("when", "person"), UNKNOWN)
def test_what_nobody_can_tell_is_no(when: str, person: OnBehalf) -> None:
    for then in WINNERS:
        assert outcome(guardrail(then, when), guardrail("allow"), person=person) == "refuse"


@pytest.mark.parametrize("claim", ["type", "groups"])
def test_what_is_absent_is_no(claim: str) -> None:
    rule = {"type": 'subject.type == "employee"', "groups": '"support" in subject.groups'}[claim]

    assert outcome(guardrail("allow", rule)) == "allow"
    assert outcome(guardrail("allow", rule), person=alice(claims={})) == "require_approval"


# --- the whole ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "amount", "expected"),
    [
        (ALICE, "100.00 EUR", "allow"),
        (ALICE, "100.01 EUR", "require_approval"),
        (ALICE, "100.00 KWD", "require_approval"),
        (alice(claims={"type": ("contractor",)}), "5.00 EUR", "refuse"),
        (alice(unknown=("type",), claims={}), "5.00 EUR", "refuse"),
        (alice(auth_time=NOW - timedelta(minutes=20)), "5.00 EUR", "step_up"),
        (alice(auth_time=NOW - timedelta(minutes=20), claims={"type": ("guest",)}), "5.00 EUR", "refuse"),
    ],
)
def test_the_guardrails_of_a_policy_file_work_as_they_are_written(
    person: OnBehalf, amount: str, expected: str
) -> None:
    refund = policy().actions["refund"]
    call = (
        Given(name="amount", label="Amount", type="money", value=amount),
        Given(name="order", label="Order", type="string", value="A-17"),
    )
    found = judge(refund, person=person, given=call, application="payments", now=NOW, timezone="UTC")

    assert found.outcome == expected
