"""Whose a call is where people and applications call at one address."""

import pytest

from handlers.applications.credentials import is_an_application_s
from handlers.identity.iap import HEADER
from tests.support.applications import App, encoded

TOKEN = (b"authorization", f"Bearer {App().token()}".encode())
OTHERS = (b"authorization", f"Bearer {encoded(b'{}')}.{encoded(b'{}')}.c2ln".encode())
ASSERTION = (HEADER, b"eyJ.eyJ.c2ln")


@pytest.mark.parametrize(
    ("headers", "its"),
    [
        ([], True),
        ([TOKEN], True),
        ([OTHERS], True),
        ([ASSERTION], False),
        ([ASSERTION, OTHERS], False),  # the proxy may pass on what it was shown itself
        ([ASSERTION, (b"authorization", b"Bearer ")], False),
        ([ASSERTION, (b"authorization", b"Bearer \xff.\xff")], False),
        ([ASSERTION, TOKEN], True),  # which refuses it
        ([ASSERTION, OTHERS, TOKEN], True),
    ],
)
def test_a_call_is_a_person_s_by_the_proxy_s_word_alone(headers: list[tuple[bytes, bytes]], *, its: bool) -> None:
    assert is_an_application_s({"type": "http", "headers": headers}) is its
