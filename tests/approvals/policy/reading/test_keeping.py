"""How long typed text is kept: what a policy may say of it, and what holds for which request."""

from datetime import timedelta

import pytest

from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from tests.approvals.policy.files import changed, whereabouts

DEFAULTS, SELF = "max: 4h}\n", "approval: self\n"
"""After what a key of `defaults`, or of one entitlement, may stand."""


def written_at(place: str, line: str) -> str:
    return f"{place}{'  ' if place == DEFAULTS else '    '}{line}\n"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("29d", "bad-retention"),
        ("30d -1s", "bad-duration"),
        ("719h59m59s", "bad-retention"),
        ("400", "bad-duration"),
        ("36501d", "bad-duration"),
        ("never", "bad-duration"),
    ],
)
@pytest.mark.parametrize("place", [DEFAULTS, SELF])
def test_what_is_no_retention_or_too_short_is_refused_where_it_stands(place: str, wrong: str, code: str) -> None:
    text = changed((place, written_at(place, f"retention: {wrong}")))
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")

    (problem,) = refused.value.problems
    line, col = whereabouts(text, f"retention: {wrong}")
    assert (problem.code, problem.line, problem.col) == (code, line, col + len("retention: "))


def test_too_short_a_retention_is_refused_with_what_to_write_and_why() -> None:
    with pytest.raises(PolicyError) as refused:
        parse(changed((DEFAULTS, written_at(DEFAULTS, "retention: 7d"))), source="policy.yaml")

    (problem,) = refused.value.problems
    assert problem.text == (
        "defaults.retention is 30 days at least: until then texts are still needed, by messages that are"
        " tried again and by whoever looks into what happened"
    )


def test_where_nothing_is_written_everything_is_kept_for_good() -> None:
    policy = parse(changed(), source="policy.yaml")

    assert not policy.erases
    assert {policy.retention_for(each) for each in (*policy.entitlements, "gone")} == {None}


def test_an_entitlement_of_its_own_goes_before_the_defaults_and_they_hold_for_what_is_gone() -> None:
    whole = written_at(DEFAULTS, "retention: 400d")
    policy = parse(changed((DEFAULTS, whole), (SELF, written_at(SELF, "retention: 30d"))), source="policy.yaml")

    found = {name: policy.retention_for(name) for name in (*policy.entitlements, "gone")}
    assert policy.erases
    assert found.pop("gone") == timedelta(days=400)
    assert sorted(map(str, found.values())) == ["30 days, 0:00:00"] + ["400 days, 0:00:00"] * (len(found) - 1)


def test_one_entitlement_alone_may_have_its_text_erased() -> None:
    policy = parse(changed((SELF, written_at(SELF, "retention: 36500d"))), source="policy.yaml")

    assert policy.erases
    assert policy.retention is None
