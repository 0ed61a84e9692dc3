"""What is kept of a program's calls, as a store may give it back."""

from datetime import UTC, datetime

import pytest

from approvals.answers import Answering, Call, Stored

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
CALL = Call(account="iap:1/alice@example.com", key="k", digest="d")
GOOD = b'{"v":1,"kept":[{"key":"k","digest":"d","body":"{}","at":"2026-11-27T11:00:00Z"}]}'


class Held:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def answered(self, _account: str) -> Stored:
        return Stored(version=1, body=self._body)


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"null", b"[" * 5000, GOOD.replace(b"00Z", b"00"), GOOD.replace(b'"at"', b'"on"')],
    ids=["no text", "nothing", "nested", "no time zone", "no time"],
)
def test_what_somebody_spoilt_is_forgotten_and_stops_no_call(body: bytes) -> None:
    assert Answering(Held(body)).earlier(CALL, now=NOW) is None
    assert Answering(Held(GOOD)).earlier(CALL, now=NOW) is not None
