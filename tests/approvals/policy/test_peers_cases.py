"""What other systems test of policies, reasons, constraints and durations, in the language of this one."""

from datetime import timedelta

import pytest

from approvals.cel import CelError, extract
from approvals.people.memberships import NOTHING_KNOWN
from approvals.policy.evaluate import Ask, evaluate
from approvals.policy.lint import lint
from approvals.policy.rules import compiled
from approvals.refusals.errors import Refused, Unavailable
from approvals.times import DurationError, in_words, parse_duration
from tests.approvals.policy.files import changed, policy
from tests.support.builders import NOW

PATTERN = "    justification: {pattern: '(INC|CHG)-\\d+.*', hint: An incident or change number}\n"


def came(why: str, *, minutes: float = 60, rule: str = "true") -> str:
    """What comes of an ask whose reason must look like `b/1`: an offer, or the code of its refusal."""
    found = policy(
        (PATTERN, "    justification: {pattern: 'b/(\\d+)'}\n"),
        ("    title: Compute admin\n", f"    title: Compute admin\n    when: '{rule}'\n"),
    )
    asked = Ask(entitlement="admin", duration=timedelta(minutes=minutes), justification=why)
    try:
        evaluate(found, asked, requester="bob@example.com", memberships=NOTHING_KNOWN, begins=NOW).offer()
    except Refused as refusal:
        return refusal.code
    except Unavailable:
        return "unknown"
    return "offered"


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ("", "justification.missing"),
        (" ", "justification.missing"),
        ("a", "justification.pattern"),
        ("b/", "justification.pattern"),
        ("b/1", "offered"),
        (" b/1 ", "offered"),
        ("b/1 and more", "justification.pattern"),
    ],
)
def test_a_reason_fits_whole_or_not_at_all(why: str, code: str) -> None:
    assert came(why) == code


@pytest.mark.parametrize(
    ("minutes", "code"), [(0, "duration.short"), (-1, "duration.short"), (241, "duration.long"), (240, "offered")]
)
def test_a_duration_is_longer_than_nothing_and_no_longer_than_the_longest(minutes: int, code: str) -> None:
    assert came("b/1", minutes=minutes) == code


def test_a_constraint_that_fails_is_not_satisfied() -> None:
    assert came("b/1", rule='request.justification.matches("[")') == "when.error"
    assert came("b/1", rule='request.justification == "b/1" && requester.domain == "example.com"') == "offered"
    assert came("b/2", rule='request.justification == "b/1"') == "when"


@pytest.mark.parametrize("rule", ["has(", "has(request.test)", '"open', "request.justification ==", "unknown(1)"])
def test_an_expression_that_is_none_is_found_before_anybody_asks(rule: str) -> None:
    with pytest.raises(CelError):
        compiled(rule, "when")


@pytest.mark.parametrize(
    ("written", "seconds"), [("PT2M", 120), ("P1D", 86400), ("90m", 5400), ("1 hour and 30 minutes", 5400)]
)
def test_a_duration_is_read(written: str, seconds: int) -> None:
    assert parse_duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", ["", " P", "P-1D", "PT8D", "invalid", "P", "0m", "-5m", "367d"])
def test_what_is_no_duration_is_refused(written: str) -> None:
    with pytest.raises(DurationError):
        parse_duration(written)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (179, "2 hours, 59 minutes"),
        (720 * 24 * 60, "720 days"),
        (2 * 24 * 60 + 59, "2 days, 59 minutes"),
    ],
)
def test_a_duration_is_said(minutes: int, said: str) -> None:
    assert in_words(timedelta(minutes=minutes)) == said


OBJECT = "projects/_/buckets/acme-orders-aaa/objects/data_lake/orders/order_date=2019-11-03/aef87g87ae0876"


@pytest.mark.parametrize(
    ("text", "template", "found"),
    [
        ("test", "t{x}t", "es"),
        (OBJECT, "/order_date={date}/", "2019-11-03"),
        (OBJECT, "buckets/{name}/", "acme-orders-aaa"),
        (OBJECT, "/orders/{empty}order_date", ""),
        (OBJECT, "{start}/objects/data_lake", "projects/_/buckets/acme-orders-aaa"),
        (OBJECT, "orders/{end}", "order_date=2019-11-03/aef87g87ae0876"),
        (OBJECT, "{all}", OBJECT),
        (OBJECT, "/orders/{none}/order_date=", ""),
        (OBJECT, "/orders/order_date={date}/{no}", ""),
    ],
)
def test_a_part_of_a_name_is_taken_out(text: str, template: str, found: str) -> None:
    assert extract(text, template) == found


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("duration: {default: 30m, max: 1h}", "duration: {default: 2h, max: 1h}", "bad-duration"),
        ("duration: {default: 30m, max: 1h}", "duration: {default: 30m, max: PT8D}", "bad-duration"),
        ("duration: {default: 30m, max: 1h}", "when: ''", "bad-rule"),
        ("resource: folders/123", "resource: folder/1", "bad-resource"),
        ("resource: folders/123", "resource: billingAccounts/1", "bad-resource"),
        ("resource: folders/123", "resource: projects/a/resource/b", "bad-resource"),
        ("roles/logging.viewer", "roles/", "bad-role"),
        ("roles/logging.viewer", "ROLES/x", "bad-role"),
        ("roles/logging.viewer", "organizations/", "bad-role"),
        ('requesters: ["domain:example.com"]', "requesters: []", "empty-list"),
    ],
)
def test_a_document_that_is_wrong_is_named(old: str, new: str, code: str) -> None:
    assert code in [problem.code for problem in lint(changed((old, new)), source="p.yaml")]
