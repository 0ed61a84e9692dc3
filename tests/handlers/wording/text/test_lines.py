"""Sentences with what somebody types in them."""

import pytest

from handlers.wording.text.lines import Code, Line, coded


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("", ()),
        ("Look again.", ("Look again.",)),
        ("`countersign drift`", (Code("countersign drift"),)),
        ("Run `a` or `b c`.", ("Run ", Code("a"), " or ", Code("b c"), ".")),
    ],
)
def test_what_stands_between_backticks_is_code(said: str, line: Line) -> None:
    assert coded(said) == line
