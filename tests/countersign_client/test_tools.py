"""Calls of tools: one text for one argument, and patterns that meet where some name fits both."""

import re
from itertools import product

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from countersign_client.canonical import canonical, digest
from countersign_client.tools import definition_digest, fits, overlap, read, written

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda each: abs(each) < 2**53)
    | st.text(st.characters(codec="utf-8")),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3),
    max_leaves=5,
)
NAMES = ["".join(each) for size in range(6) for each in product("ab", repeat=size)]
PATTERNS = ["".join(each) for size in range(5) for each in product("ab*", repeat=size)]


@given(JSON)
def test_an_argument_is_read_as_it_was_written(value: object) -> None:
    # -0.0 is zero, as canonical JSON has it.
    assert canonical(read(written(value))) == canonical(value)


@given(JSON, JSON)
def test_two_arguments_that_differ_are_never_written_alike(one: object, other: object) -> None:
    assert (written(one) == written(other)) == (canonical(one) == canonical(other))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("A-17", "A-17"),
        ("Damaged on arrival", "Damaged on arrival"),
        (250, "250"),
        ("250", '"250"'),
        (True, "true"),
        ("true", '"true"'),
        (None, "null"),
        ("", '""'),
        (" a", '" a"'),
        ("a\nb", '"a\\nb"'),
        ("{}", '"{}"'),
        ('"a"', '"\\"a\\""'),
        ({"b": 1, "a": [1.0, "x"]}, '{"a":[1,"x"],"b":1}'),
    ],
)
def test_a_text_stands_as_it_is_where_nothing_else_reads_like_it(value: object, text: str) -> None:
    assert written(value) == text


HUGE = [2**53, float(2**53), 1e20]


@pytest.mark.parametrize("value", [*HUGE, float("nan"), float("inf"), "\ud800", {"a": ["\ud800"]}])
def test_what_canonical_json_cannot_carry_is_refused(value: object) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        written(value)


def test_patterns_fit_as_an_expression_with_anything_for_each_star_does() -> None:
    for pattern in PATTERNS:
        known = re.compile(".*".join(map(re.escape, pattern.split("*"))))
        assert [name for name in NAMES if fits(pattern, name)] == [n for n in NAMES if known.fullmatch(n)]


def test_patterns_meet_where_some_name_fits_both() -> None:
    # Two patterns of at most three signs that meet do so in a name of at most five.
    short = [pattern for pattern in PATTERNS if len(pattern) < 4]
    held = {pattern: {name for name in NAMES if fits(pattern, name)} for pattern in short}
    for one, other in product(short, short):
        assert overlap(one, other) == bool(held[one] & held[other])


def test_a_definition_is_digested_whole_but_for_what_belongs_to_the_transport() -> None:
    tool = {"name": "delete", "description": "Deletes.", "inputSchema": {"type": "object"}}

    assert definition_digest({**tool, "_meta": {"a": 1}}) == digest(tool)
    assert definition_digest({**tool, "description": "Deletes!"}) != digest(tool)
