"""What a page writes of a line: whatever is not ours is escaped, and turns or hides nothing."""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from approvals.requests import Request
from handlers.web.markup import html
from handlers.wording.listing import own, past, waiting
from handlers.wording.text.lines import Code, Line, Link, Strong
from tests.support.builders import filed, terms

FORGED = "a\u202eb\u2066c\u200bd<b>"


@pytest.mark.parametrize(
    "line", [(FORGED,), (Strong(FORGED),), (Code(FORGED),), (Link(FORGED, "https://a.example"),)]
)
def test_no_part_of_a_line_turns_or_hides_anything(line: Line) -> None:
    shown = html(line, ZoneInfo("UTC"))

    assert "abcd&lt;b&gt;" in shown
    assert not set(shown) & set("\u202e\u2066\u200b")


@pytest.mark.parametrize("words", [own, partial(past, kept=()), waiting])
def test_a_title_in_letters_that_run_the_other_way_turns_nothing_beside_it(
    words: Callable[[Request], Line],
) -> None:
    title = "\u05de\u05e2\u05e8\u05db\u05ea"
    request = filed(terms=terms(title=title)).request

    shown = html(words(request), ZoneInfo("UTC"))

    assert f"<bdi>{title}</bdi> on project payments-prod for 1 hour" in shown
