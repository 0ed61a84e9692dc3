"""What comes as JSON is one object or of no use; nothing that anybody sends is an error of ours."""

import base64

import pytest

from countersign_client import objects
from countersign_client.signin.credential import expires

NONE = [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000]


@pytest.mark.parametrize("text", NONE, ids=range(len(NONE)))
def test_what_is_no_object_is_none(text: bytes) -> None:
    assert objects.of(text) is None


@pytest.mark.parametrize("text", NONE, ids=range(len(NONE)))
def test_a_token_that_says_nothing_of_its_end_has_ended(text: bytes) -> None:
    assert expires(f"head.{base64.urlsafe_b64encode(text).decode()}.signature") == 0


def test_an_object_is_read() -> None:
    assert objects.of(b'{"a": [1]}') == {"a": [1]}
