from datetime import timedelta

import pytest

from approvals.people.memberships import NOTHING_KNOWN, Memberships
from approvals.policy.evaluate import (
    Ask,
    Evaluation,
    Offer,
    evaluate,
    offered_to,
)
from approvals.policy.model import Policy
from approvals.policy.selectors import answer, directory_groups
from approvals.refusals.errors import Refused, Unavailable
from approvals.reviews import typed
from approvals.targets import accesses
from approvals.terms.offered import still_offered
from approvals.terms.records import Terms
from handlers.wording.refusing.refusals import told
from tests.approvals.policy.files import policy
from tests.support.builders import NOW, terms

HOUR = timedelta(hours=1)
LEADS = "leads@example.com"


def ask(entitlement: str = "admin", duration: timedelta | None = HOUR, why: str = "INC-1 disk full") -> Ask:
    return Ask(entitlement=entitlement, duration=duration, justification=why)


def refusal(found: Policy, asked: Ask, requester: str = "bob@example.com") -> Refused:
    with pytest.raises(Refused) as refused:
        evaluate(found, asked, requester=requester, memberships=NOTHING_KNOWN, begins=NOW).offer()
    return refused.value


@pytest.mark.parametrize(
    ("asked", "requester", "code"),
    [
        (ask("nothing"), "bob@example.com", "entitlement"),
        (ask(""), "bob@example.com", "entitlement"),
        (ask(), "carol@example.com", "requester"),
        (ask(), "bob@example.com.evil.org", "requester"),
        (ask(duration=timedelta(hours=4, seconds=1)), "bob@example.com", "duration"),
        (ask(duration=timedelta(0)), "bob@example.com", "duration"),
        (ask(duration=-HOUR), "bob@example.com", "duration"),
        (ask(duration=timedelta(seconds=1.5)), "bob@example.com", "duration"),
        (ask(why=""), "bob@example.com", "justification"),
        (ask(why=" \n\t"), "bob@example.com", "justification"),
        (ask("logs", why="\u200b\u202e"), "bob@example.com", "justification"),
        (ask(why="because"), "bob@example.com", "justification"),
        (ask(why="see INC-1"), "bob@example.com", "justification"),
        (ask(why="INC-1 " + "x" * 1000), "bob@example.com", "justification"),
        (ask("logs", why="x"), "bob@sub.example.com", "requester"),
        (ask("logs", why="x"), "bob@notexample.com", "requester"),
    ],
)
def test_what_the_policy_does_not_offer_is_refused(asked: Ask, requester: str, code: str) -> None:
    assert refusal(policy(), asked, requester).kind == code


def test_the_first_unsatisfied_check_is_the_refusal() -> None:
    assert refusal(policy(), ask(duration=HOUR * 9, why=""), "carol@example.com").kind == "requester"


def test_a_refusal_says_what_to_do() -> None:
    assert "An incident or change number" in told(refusal(policy(), ask(why="because")))
    assert told(refusal(policy(), ask(duration=HOUR * 99))) == "Too long: Compute admin is for at most 4 hours."


def test_nobody_else_to_approve_is_refused_when_it_is_filed() -> None:
    alone = policy(
        ("bob@example.com, dan@example.com]", "bob@example.com]"), ('["group:sre"]}', '["user:bob@example.com"]}')
    )
    found = refusal(alone, ask())
    assert found.code == "approvers.few"
    assert "1 of bob@example.com (stage 1 of 2)" in told(found)
    offer = evaluate(alone, ask(), requester="alice@example.com", memberships=NOTHING_KNOWN, begins=NOW).offer()
    assert offer.requester == "alice@example.com"


def test_one_person_cannot_fill_two_stages() -> None:
    same = policy(
        ("[carol@example.com]", "[bob@example.com]"),
        ('approvers: ["group:sre"]', 'approvers: ["bob@example.com"]'),
    )
    assert refusal(same, ask(), "dan@example.com").code == "approvers.few"


def test_an_alias_of_the_requester_is_no_other_person() -> None:
    aliased = policy(("[carol@example.com]", "[a.smith@example.com]"))
    assert refusal(aliased, ask(), "A.Smith@example.com").code == "approvers.few"


def test_an_empty_group_holds_nobody() -> None:
    assert refusal(policy(('["domain:example.com"]', '["group:empty"]')), ask("logs")).code == "requester"


def test_an_unknown_membership_is_no_offer() -> None:
    led = evaluate(policy(), ask("led"), requester="bob@example.com", memberships=NOTHING_KNOWN, begins=NOW)
    assert [check.state for check in led.checks if check.name == "requester"] == ["unknown"]
    with pytest.raises(Unavailable):
        led.offer()


def test_a_certain_refusal_comes_before_an_unknown_one() -> None:
    assert refusal(policy(), ask("led", duration=HOUR * 9)).code == "duration.long"


def test_nobody_else_makes_an_offer_or_an_evaluation() -> None:
    found = policy()
    entitlement = found.entitlements["logs"]
    with pytest.raises(TypeError):
        Offer(object(), policy=found, entitlement=entitlement, duration=HOUR, start=None, requester="bob")
    with pytest.raises(TypeError):
        Evaluation(object(), policy=found, requester="x", checks=(), entitlement=entitlement, duration=HOUR)


def test_an_offer_holds_what_was_evaluated() -> None:
    found = policy()
    offer = evaluate(
        found, ask(duration=None), requester="Bob@Example.com", memberships=NOTHING_KNOWN, begins=NOW
    ).offer()
    assert offer.entitlement == found.entitlements["admin"]
    assert offer.duration == HOUR
    assert offer.requester == "bob@example.com"
    assert offer.requirement == found.entitlements["admin"].requirement
    assert offer.pending == HOUR
    assert offer.policy == found.digest


def test_all_checks_come_in_order() -> None:
    checks = evaluate(policy(), ask(), requester="bob@example.com", memberships=NOTHING_KNOWN, begins=NOW).checks
    assert [check.name for check in checks] == [
        "entitlement",
        "requester",
        "guardrail",
        "start",
        "duration",
        "justification",
        "when",
        "approvers",
        "break_glass",
        "auto",
    ]
    assert {check.state for check in checks} == {"satisfied"}


# --- frozen terms --------------------------------------------------------------------------------


def frozen(found: Policy, **changes: object) -> Terms:
    admin = found.entitlements["admin"]
    (target,) = accesses(admin.targets)
    good = {
        "entitlement": admin.id,
        "title": admin.title,
        "resource": target.resource,
        "roles": target.roles,
        "condition": target.condition,
        "duration": HOUR,
        "justification": typed("INC-1", salt="s" * 16),
        "requirement": admin.requirement,
        "policy": found.digest,
    }
    return terms(**good | changes)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("id: admin", "id: admin-2", "entitlement"),
        ("resource: projects/shop-prod", "resource: projects/shop-test", "terms"),
        ("zones/a/", "zones/b/", "terms"),
        ("[roles/cloudsql.editor, roles/compute.viewer]", "[roles/compute.viewer]", "terms"),
        ("{default: 1h, max: 4h}", "{default: 5m, max: 59m}", "terms"),
        ("alice@example.com, bob@example.com, dan@", "alice@example.com, dan@", "requester"),
        ("(INC|CHG)", "(CHG)", "justification"),
        ("[carol@example.com]", "[bob@example.com]", "approvers"),
    ],
)
def test_frozen_terms_that_the_policy_no_longer_covers_are_refused(old: str, new: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        still_offered(
            policy((old, new)), frozen(policy()), requester="bob@example.com", memberships=NOTHING_KNOWN, now=NOW
        )
    assert refused.value.kind == code


def test_a_policy_that_grants_more_still_covers_frozen_terms() -> None:
    less = frozen(policy(), roles=("roles/compute.viewer",))
    offer = still_offered(policy(), less, requester="bob@example.com", memberships=NOTHING_KNOWN, now=NOW)
    assert offer.duration == less.duration


def test_a_stricter_requirement_comes_with_the_offer() -> None:
    stricter = policy(('{approvers: ["group:sre"]}', '{approvers: ["group:sre"], sign: typed}'))
    offer = still_offered(
        stricter, frozen(policy()), requester="bob@example.com", memberships=NOTHING_KNOWN, now=NOW
    )
    assert offer.requirement == stricter.entitlements["admin"].requirement
    assert offer.requirement != policy().entitlements["admin"].requirement


# --- who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selectors", "person", "known", "expected"),
    [
        ((), "bob@example.com", {}, "no"),
        (("user:bob@example.com",), "bob@example.com.x", {}, "no"),
        (("user:bob@example.com",), "bob@example.com", {}, "yes"),
        (("domain:example.com",), "bob@sub.example.com", {}, "no"),
        (("domain:example.com",), "bob@evil-example.com", {}, "no"),
        (("domain:example.com",), "bob@example.com", {}, "yes"),
        (("group:sre",), "carol@example.com", {}, "no"),
        (("group:sre",), "dan@example.com", {}, "yes"),
        (("group:gone",), "dan@example.com", {}, "no"),
        (("group:empty",), "dan@example.com", {}, "no"),
        (("group:leads@example.com",), "dan@example.com", {}, "unknown"),
        (("group:directory",), "dan@example.com", {}, "unknown"),
        (("group:directory",), "dan@example.com", {(LEADS, "bob@example.com"): True}, "unknown"),
        (("group:directory",), "dan@example.com", {(LEADS, "dan@example.com"): False}, "no"),
        (("group:directory",), "dan@example.com", {(LEADS, "dan@example.com"): True}, "yes"),
        (("group:directory", "user:dan@example.com"), "dan@example.com", {}, "yes"),
        (("group:directory", "user:bob@example.com"), "dan@example.com", {}, "unknown"),
    ],
)
def test_membership_has_three_answers(
    selectors: tuple[str, ...], person: str, known: dict[tuple[str, str], bool], expected: str
) -> None:
    assert answer(policy(), selectors, person, Memberships(answers=known)) == expected


def test_what_must_be_looked_up_is_seen_through_local_groups() -> None:
    assert directory_groups(policy(), ("group:directory", "group:sre", "domain:example.com")) == {LEADS}
    assert directory_groups(policy(), ("group:ops@example.com",)) == {"ops@example.com"}


def test_only_what_is_certain_is_offered_while_typing() -> None:
    assert [found.id for found in offered_to(policy(), "carol@example.com", NOTHING_KNOWN)] == ["logs"]
    lead = Memberships(answers={(LEADS, "bob@example.com"): True})
    assert [found.id for found in offered_to(policy(), "bob@example.com", lead)] == ["admin", "logs", "led"]
    assert offered_to(policy(), "eve@other.org", NOTHING_KNOWN) == []
