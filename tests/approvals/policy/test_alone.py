"""What nobody else has to approve now, and did before: named with its place, and nothing that only asks more."""

import pytest

from approvals.policy.alone import newly_alone, placed
from approvals.policy.reading.parse import parse
from tests.approvals.policy import actions
from tests.approvals.policy.files import FILE, changed, policy, whereabouts

STAGES = """\
    approval:
      - {approvers: ["group:leads@example.com"], needed: 2}
"""
SELF = "    approval: self\n"
EMERGENCY = (
    "    approval: break_glass\n    break_glass: {max: 1h, review: {by: [alice@example.com], within: 1d}}\n"
)
AUTO = "    approval: auto\n    auto: {{when: {}}}\n"
SHORT = AUTO.format('request.duration <= duration("1h")')
LONG = AUTO.format('request.duration <= duration("4h")')
GUESTS = ("domains: [example.com]", "domains: [example.com]\n  guests: request")
ANYBODY = "  - {id: all, title: All, resource: projects/shop-logs, roles: [roles/logging.viewer],"
ANYBODY += ' requesters: ["domain:example.com"], approval: self}\n'

DID = "led no longer needs anybody else's approval: "
THEMSELVES = "people approve it themselves"
REVIEWED = "it is access in an emergency, which is reviewed afterwards"
AUTOMATIC = 'a rule approves it where request.duration <= duration("{}")'


def named(now: tuple[tuple[str, str], ...], *, before: tuple[tuple[str, str], ...] = ()) -> list[str]:
    return [each.text for each in newly_alone(policy(*now), before=policy(*before))]


@pytest.mark.parametrize(
    ("before", "now", "how"),
    [
        (STAGES, SELF, THEMSELVES),
        (STAGES, EMERGENCY, REVIEWED),
        (STAGES, SHORT, AUTOMATIC.format("1h")),
        (SHORT, LONG, AUTOMATIC.format("4h")),
        (SHORT, SELF, THEMSELVES),
        (SHORT, EMERGENCY, REVIEWED),
        (EMERGENCY, SELF, THEMSELVES),
        (EMERGENCY, SHORT, AUTOMATIC.format("1h")),
    ],
)
def test_what_nobody_else_approves_any_more_is_named_with_how(before: str, now: str, how: str) -> None:
    assert named(((STAGES, now),), before=((STAGES, before),)) == [DID + how]


@pytest.mark.parametrize(
    ("before", "now"),
    [*((kind, kind) for kind in (STAGES, SELF, EMERGENCY, SHORT)), (SELF, SHORT), (SELF, STAGES)],
)
def test_what_was_so_already_or_asks_more_is_not_named(before: str, now: str) -> None:
    assert named(((STAGES, now),), before=((STAGES, before),)) == []


def test_a_new_one_is_named() -> None:
    assert named(((FILE[-20:], FILE[-20:] + ANYBODY),)) == [
        f"all is new, and needs nobody else's approval: {THEMSELVES}"
    ]


def test_what_one_that_nobody_else_approved_gives_beside_is_named() -> None:
    more = ("roles: [roles/logging.viewer]", "roles: [roles/logging.viewer, roles/logging.admin]")
    assert named((more,)) == [
        "logs needs nobody else's approval, and now also gives roles/logging.admin on folders/123"
    ]
    assert named((), before=(more,)) == []


def test_a_guardrail_that_kept_people_from_getting_it_alone_and_is_gone_is_missed() -> None:
    held = changed(("defaults:", "guardrails: {no_self: [folders/*]}\ndefaults:"))
    before = parse(held, source="policy.yaml")

    assert [each.id for each in newly_alone(policy(), before=before)] == ["logs"]
    assert list(newly_alone(before, before=policy())) == []


def test_what_a_guardrail_keeps_from_everybody_is_not_named_and_is_once_the_guardrail_is_gone() -> None:
    never = ("defaults:", "guardrails: {never_roles: [roles/logging.viewer]}\ndefaults:")
    held = parse(changed(never), source="policy.yaml")

    assert (
        list(newly_alone(held, before=policy(("approval: self", "approval: [{approvers: [bob@example.com]}]"))))
        == []
    )
    assert [each.id for each in newly_alone(policy(), before=held)] == ["logs"]


def test_guests_that_get_it_without_anybody_are_named_beside_the_members() -> None:
    theirs = (SELF, "    approval: self\n    guests: self\n")
    expected = ["guests now get logs without anybody else's approval"]

    assert named((GUESTS, theirs), before=(GUESTS,)) == expected
    assert named((GUESTS, theirs), before=(theirs,)) == expected
    assert named((theirs,)) == []


ALLOW = 'params.amount <= 100 && params.amount_currency == "EUR"'
NEEDS_NOT = "refund no longer needs anybody else's approval where"
MORE = ("<= 100 &&", "<= 900 &&")
REFUSE = """\
      - {when: 'subject.type in ["guest", "contractor"]', then: refuse, reason: Only employees refund}
"""
ASK = ("then: refuse, reason: Only employees refund", "then: require_approval")
GONE = (
    'refund is not held back any more where subject.type in ["guest", "contractor"],'
    f" and needs nobody else's approval where {ALLOW}"
)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (
            ("then: allow", "then: require_approval"),
            None,
            f"{NEEDS_NOT} {ALLOW}",
        ),
        (
            None,
            MORE,
            f"{NEEDS_NOT} {ALLOW.replace('100', '900')}",
        ),
        (None, (REFUSE, ""), GONE),
        (ASK, (REFUSE, ""), GONE),
        (("id: refund", "id: repay"), None, f"refund is new, and needs nobody else's approval where {ALLOW}"),
        (None, None, ""),
        (None, ASK, ""),
        (None, ("then: allow", "then: refuse"), ""),
    ],
)
def test_what_an_action_s_guardrails_let_through_now_is_named(
    before: tuple[str, str] | None, now: tuple[str, str] | None, expected: str
) -> None:
    was, is_ = (actions.policy(*([each] if each else [])) for each in (before, now))
    assert [each.text for each in newly_alone(is_, before=was)] == ([expected] if expected else [])


def test_each_is_a_warning_at_its_place() -> None:
    text = changed((STAGES, SELF + ANYBODY))
    (led, new) = placed(text, source="p.yaml", before=policy())
    act = actions.changed(MORE)
    (allowed,) = placed(act, source="p.yaml", before=actions.policy())

    assert {(each.code, each.severity) for each in (led, new, allowed)} == {("now-alone", "warning")}
    last = text.rindex("    approval: self\n")
    assert (led.line, led.col) == (text[:last].count("\n") + 1, 15)
    assert new.line == led.line + 1
    assert (allowed.line, allowed.col) == whereabouts(act, "{when: 'params.amount")
