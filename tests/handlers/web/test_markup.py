"""What a page writes of a line: whatever is not ours is escaped, and turns or hides nothing."""

from zoneinfo import ZoneInfo

import pytest

from handlers.web.markup import html
from handlers.wording.lines import Code, Line, Link, Strong

FORGED = "a\u202eb\u2066c\u200bd<b>"


@pytest.mark.parametrize(
    "line", [(FORGED,), (Strong(FORGED),), (Code(FORGED),), (Link(FORGED, "https://a.example"),)]
)
def test_no_part_of_a_line_turns_or_hides_anything(line: Line) -> None:
    shown = html(line, ZoneInfo("UTC"))

    assert "abcd&lt;b&gt;" in shown
    assert not set(shown) & set("\u202e\u2066\u200b")
