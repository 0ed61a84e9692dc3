import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.cel import CONDITION_LENGTH, CelError, check_condition, check_pattern, matches_fully

REFUSED_CONDITIONS = [
    "",
    "   ",
    "1",
    "resource.name",
    "api.getAttribute('x', [])",
    "resource.nam == 'x'",
    "resource.name == 1",
    "true) || (true",
    "true // and no more",
    "true &&\ntrue",
    "true ||",
    "os.system('x')",
    "[1].all(x, x > 0)",
    "[1] . exists ( x, x > 0)",
    "(" * 500 + "true" + ")" * 500,
    'resource.name == "' + "x" * CONDITION_LENGTH + '"',
    " && ".join(["true"] * 12),
    " || ".join(["!true"] * 6),
    "has({}.jitAccessConstraint)",
    "resource.name == 'a' && has( { }.multiPartyApprovalConstraint)",
]


@pytest.mark.parametrize("condition", REFUSED_CONDITIONS, ids=lambda text: text[:30])
def test_what_iam_would_not_take_is_refused(condition: str) -> None:
    with pytest.raises(CelError):
        check_condition(condition)


ACCEPTED_CONDITIONS = [
    'resource.name.startsWith("projects/shop-prod/zones/europe-west1-b/")',
    'resource.type == "compute.googleapis.com/Instance" && resource.service == "compute.googleapis.com"',
    'request.time.getHours("Europe/Berlin") >= 9',
    'resource.name.extract("projects/{p}/") == "shop"',
    'resource.matchTag("123/env", "prod")',
    'api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly(["roles/viewer"])',
    'resource.name == "http://a && b || !c"',
    'resource.name == "' + " && " * 30 + '"',
    r'resource.name == "a\" && \" b" || true',
    " && ".join(["true"] * 11),
    "1 != 2",
    'resource.name == "has({}.jitAccessConstraint)"',
]


@pytest.mark.parametrize("condition", ACCEPTED_CONDITIONS, ids=lambda text: text[:30])
def test_what_iam_takes_is_accepted(condition: str) -> None:
    check_condition(condition)


def test_the_window_s_two_operators_are_counted() -> None:
    check_condition(" && ".join(["true"] * 11))
    with pytest.raises(CelError, match="12 logical operators"):
        check_condition(" && ".join(["true"] * 12))


def test_a_refusal_names_the_column() -> None:
    with pytest.raises(CelError) as refused:
        check_condition("true && nothing")
    assert refused.value.col == len("true && ") + 1
    assert "nothing" in str(refused.value)


@pytest.mark.parametrize(
    "pattern", ["(", "a)|(b", "(?=a)", r"(a)\1", "(a{1000}){1000}", "[z-a]", r"\QINC-", r"a\Q"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(CelError):
        check_pattern(pattern)
    with pytest.raises(CelError):
        matches_fully(pattern, "a")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a", "ab"),
        ("a", "ba"),
        ("a", "a\n"),
        ("a|b", "ab"),
        ("^a$", "x\na\nx"),
        (r"INC-\d+", "see INC-1"),
        ("", "a"),
    ],
)
def test_a_part_is_no_full_match(pattern: str, text: str) -> None:
    assert not matches_fully(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a|bc", "bc"),
        (r"\QINC-\E\d+", "INC-1"),
        (r"(INC|CHG)-\d+.*", "INC-1 disk full"),
        (r"INC-\d+.*", "INC-1\nsecond line"),
        ("a.", "aß"),
    ],
)
def test_the_whole_text_matches(pattern: str, text: str) -> None:
    assert matches_fully(pattern, text)


@given(pattern=st.text("\\QEabz()[]|*?:^$-", max_size=8))
@settings(max_examples=300)
def test_what_was_checked_can_be_matched(pattern: str) -> None:
    try:
        check_pattern(pattern)
    except CelError:
        return
    matches_fully(pattern, "INC-1")


def test_a_hostile_pattern_takes_linear_time() -> None:
    started = time.monotonic()
    assert not matches_fully("(a+)+(a+)+(a|a)+", "a" * 999 + "b")
    # A backtracking engine needs longer than the age of the universe; RE2 a millisecond.
    assert time.monotonic() - started < 60


def test_threads_may_match_at_the_same_time() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: matches_fully(r"a\d+", f"a{number}"), range(400)))
    assert all(found)
