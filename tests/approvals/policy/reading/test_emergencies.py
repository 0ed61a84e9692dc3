"""Access in an emergency: what `break_glass` may say, what it may not, and what lint says of it."""

from datetime import timedelta

import pytest

from approvals.policy.access import BreakGlass, DurationRule
from approvals.policy.lint import lint
from approvals.policy.model import Requirement
from tests.approvals.policy.files import changed, policy, whereabouts

HALF_AN_HOUR = timedelta(minutes=30)
REVIEW = 'review: {by: ["group:security"], within: 3d}'
ASKING = ('["domain:example.com"]', '["group:sre"]')
LOUD = ("version: 1", 'version: 1\nsecurity_channel: "#security"')


def glass(said: str, *, duration: str = "    duration: {default: 30m, max: 1h}\n") -> tuple[str, str]:
    """What gives read access to the logs in an emergency."""
    written = f"\n    break_glass: {said}" if said else ""
    old = "    duration: {default: 30m, max: 1h}\n    approval: self"
    return old, f"{duration}    approval: break_glass{written}"


@pytest.mark.parametrize(
    ("said", "wrong", "code"),
    [
        ("", "id: logs", "missing-key"),
        ("{max: 30m}", "{max: 30m}", "missing-key"),
        ("{max: 30, " + REVIEW + "}", "30, review", "bad-duration"),
        ("{max: 2h, " + REVIEW + "}", "{max: 2h", "bad-duration"),
        ('{max: 30m, review: {by: ["group:security"]}}', '{by: ["group:security"]}', "missing-key"),
        ("{max: 30m, review: {by: [], within: 3d}}", "[], within", "empty-list"),
        ('{max: 30m, review: {by: ["group:nobody"], within: 3d}}', '"group:nobody"', "unknown-group"),
        ('{max: 30m, review: {by: ["group:empty"], within: 3d}}', '["group:empty"]', "unreachable-review"),
        ('{max: 30m, review: {by: ["dan@example.com"], within: 3d}}', '["dan@', "unreachable-review"),
        ("{max: 30m, " + REVIEW + ", under_freeze: 'yes'}", "'yes'", "wrong-type"),
        ("{max: 30m, " + REVIEW + ", twice: true}", "twice", "unknown-key"),
    ],
)
def test_what_is_no_rule_is_refused_where_it_stands(said: str, wrong: str, code: str) -> None:
    text = changed(ASKING, LOUD, glass(said))

    errors = [each for each in lint(text, source="policy.yaml") if each.severity == "error"]
    line, col = whereabouts(text, wrong)
    assert [(each.code, each.line, each.col) for each in errors] == [(code, line, col)]


@pytest.mark.parametrize("approval", ["self", '[{approvers: ["group:security"]}]'])
def test_the_rule_needs_an_approval_of_its_own_kind(approval: str) -> None:
    text = changed(
        ASKING, LOUD, ("approval: self", f"approval: {approval}\n    break_glass: {{max: 30m, {REVIEW}}}")
    )

    errors = [each.code for each in lint(text, source="policy.yaml") if each.severity == "error"]
    assert errors == ["bad-approval"]


def test_a_channel_that_is_none_is_refused() -> None:
    text = changed(("version: 1", "version: 1\nsecurity_channel: x"))

    assert "bad-channel" in [each.code for each in lint(text, source="policy.yaml")]


@pytest.mark.parametrize(
    ("duration", "lasting"),
    [
        ("    duration: {default: 10m, max: 1h}\n", DurationRule(default=timedelta(minutes=10), max=HALF_AN_HOUR)),
        ("", DurationRule(default=HALF_AN_HOUR, max=HALF_AN_HOUR)),
    ],
)
def test_it_is_read_with_its_shorter_limit(duration: str, lasting: DurationRule) -> None:
    read = policy(LOUD, glass("{max: 30m, under_freeze: true, " + REVIEW + "}", duration=duration))

    found = read.entitlements["logs"]
    assert read.security_channel == "#security"
    assert found.requirement == Requirement(kind="break_glass")
    assert found.duration == lasting
    assert found.break_glass == BreakGlass(
        max=HALF_AN_HOUR, by=("group:security",), within=timedelta(days=3), under_freeze=True
    )


def test_where_nothing_else_says_how_long_the_limit_does() -> None:
    usual = "duration: {default: 1h, max: 4h}\n"
    own = [(f"    title: {title}\n", f"    title: {title}\n    {usual}") for title in ("Compute admin", "Led")]
    read = policy(LOUD, (f"  {usual}", ""), *own, glass("{max: 30m, " + REVIEW + "}", duration=""))

    assert read.entitlements["logs"].duration == DurationRule(default=HALF_AN_HOUR, max=HALF_AN_HOUR)


def test_lint_warns_where_no_channel_is_told() -> None:
    quiet = changed(ASKING, glass("{max: 30m, " + REVIEW + "}"))
    loud = changed(ASKING, LOUD, glass("{max: 30m, " + REVIEW + "}"))

    told = [[each.code for each in lint(text, source="policy.yaml")] for text in (quiet, loud)]
    assert told == [["untold-emergency", "unknowable-quorum"], ["unknowable-quorum"]]
