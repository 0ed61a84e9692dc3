"""The fast way to undo percent-encoding gives what the general one gives, whatever it is given."""

from urllib.parse import quote_plus, unquote_plus, unquote_to_bytes

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.slack.bodies import unquoted


@settings(max_examples=50, deadline=None)
@given(st.binary() | st.text("%=+\r\n0aAfFgZ ").map(str.encode))
def test_any_bytes_read_as_the_general_way_reads_them(raw: bytes) -> None:
    assert unquoted(raw) == unquote_to_bytes(raw.replace(b"+", b" "))


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_quoted_comes_back(text: str) -> None:
    assert unquoted(quote_plus(text).encode()).decode() == text == unquote_plus(quote_plus(text))
