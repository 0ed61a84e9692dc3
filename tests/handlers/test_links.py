"""A token in an address: it looks like none, and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.links import obfuscated, review_link, token_of

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJyLTEifQ.c2lnbmF0dXJl"


def test_it_is_written_as_jit_access_wrote_it() -> None:
    # TokenObfuscator: the first `ey` goes, `.ey` becomes `~~`, another dot `~`.
    assert obfuscated(TOKEN) == "JhbGciOiJFUzI1NiJ9~~JzdWIiOiJyLTEifQ~c2lnbmF0dXJl"


def test_the_link_leads_to_the_page() -> None:
    link = review_link("https://countersign.example.com", TOKEN)

    assert link == "https://countersign.example.com/review/JhbGciOiJFUzI1NiJ9~~JzdWIiOiJyLTEifQ~c2lnbmF0dXJl"


PART = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1)


@given(header=PART, payload=PART, signature=PART)
def test_every_token_comes_back_as_it_was(header: str, payload: str, signature: str) -> None:
    token = f"ey{header}.ey{payload}.{signature}"

    hidden = obfuscated(token)

    assert token_of(hidden) == token
    assert not hidden.startswith("ey") or header.startswith("ey")
    assert "." not in hidden


@pytest.mark.parametrize("text", ["", "abc.def.ghi", "eyJ~.eyJ.c2l"])
def test_what_is_no_token_gets_no_link(text: str) -> None:
    with pytest.raises(ValueError, match="no signed token"):
        review_link("https://countersign.example.com", text)
