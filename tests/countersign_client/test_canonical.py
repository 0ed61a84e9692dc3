"""Canonical JSON: the fast way gives the bytes of the general one, or is not taken."""

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign_client.canonical import canonical, digest

INTEGERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
LEAVES = (
    st.none()
    | st.booleans()
    | INTEGERS
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {1: 2}])
def test_what_json_cannot_hold_exactly_is_refused(value: object) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        digest({"value": value})


@settings(max_examples=50, deadline=None)
@given(VALUES)
def test_every_value_has_the_bytes_of_the_reference(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_keys_beyond_ascii_are_sorted_as_utf_16() -> None:
    # RFC 8785 section 3.2.3: the surrogates of U+1F600 sort before U+FB33, though the code point is larger.
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


def test_control_characters_are_escaped_as_the_standard_says() -> None:
    assert canonical('\x08\x09\x0a\x0c\x0d\x1f\x7f"\\/€') == b'"\\b\\t\\n\\f\\r\\u001f\x7f\\"\\\\/\xe2\x82\xac"'
