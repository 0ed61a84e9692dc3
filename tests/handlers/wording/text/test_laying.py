"""JSON over several lines: easier to read, and not a sign more or less."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign_client.tools import exact
from countersign_client.visible import visible
from handlers.wording.text.laying import WIDTH, laid

TEXTS = st.text(st.sampled_from('ab "\\\n\t{}[],:`*<@\u202e\u200b\u0430\u05d0⟨'), max_size=30) | st.text(
    max_size=90
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inside: st.lists(inside, max_size=9) | st.dictionaries(TEXTS, inside, max_size=5),
    max_leaves=40,
)


def written(value: Any) -> str:
    text = exact(value)
    return laid(visible(text), text)


def undone(rows: str) -> str:
    """Without line breaks and the blanks behind them, and without blanks that stand in no text."""
    whole = "".join(row.lstrip(" ") for row in rows.split("\n"))
    found, inside, escaped = "", False, False
    for sign in whole:
        if sign == '"' and not escaped:
            inside = not inside
        escaped = sign == "\\" and not escaped
        found += sign if inside or sign != " " else ""
    return found


@given(value=VALUES)
def test_every_sign_of_a_value_is_left_in_its_order(value: Any) -> None:
    assert undone(written(value)) == undone(visible(exact(value))) == visible(exact(value))


def test_an_object_stands_member_by_member_and_a_list_fills_its_lines() -> None:
    value = {"to": ["a@example.com"], "filter": {"ids": list(range(200)), "state": "open"}, "dry": False}

    rows = written(value).split("\n")

    assert rows[:4] == ["{", '  "dry": false,', '  "filter": {', '    "ids": [']
    assert rows[4].startswith("      0, 1, 2, 3, ")
    assert rows[-4:] == ['    "state": "open"', "  },", '  "to": ["a@example.com"]', "}"]
    assert max(map(len, rows)) <= WIDTH
    assert len(rows) < 30


def test_a_text_is_broken_behind_its_own_line_breaks_which_are_still_seen() -> None:
    value = {"body": "Dear Bob,\nOn behalf of: carol@example.com\n\nYours"}

    assert written(value).split("\n") == [
        "{",
        '  "body": "Dear Bob,\\n',
        "      On behalf of: carol@example.com\\n",
        "      \\n",
        '      Yours"',
        "}",
    ]


@pytest.mark.parametrize(
    "value", ["{not json", "plain words", '{"short":1}', "true", "250", '"text"', "sha256:00", "x" * 500, "[1,"]
)
def test_what_is_short_or_no_json_stays_as_it_is(value: str) -> None:
    assert laid(visible(value), value) == visible(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a\nb", "a\\nb"),
        ("a\nb", "a\n b"),
        ({"a": "b\nc"}, {"a": "b", "c": ""}),
        ("x\n" + "y" * 80, "x\n" + "y" * 79 + "\u200b"),
        ({"a": 1, "b": "\u202e" * 60}, {"a": 1, "b": "\u202d" * 60}),
    ],
)
def test_values_that_differ_never_read_alike(one: Any, other: Any) -> None:
    assert written(one) != written(other)


def test_however_deep_it_is_it_is_shown() -> None:
    value: Any = "x" * 80
    for _ in range(150):
        value = [value]

    assert undone(written(value)) == exact(value)
