"""What the request of a call is found by for good says nothing of the call to who has not its key."""

from approvals.answers import Call
from handlers.wire import once

ALICE = "iap:1/alice@example.com"


def call(key: str, body: bytes) -> Call:
    return once.named(ALICE, key, method="POST", path="/v1/requests", body=body)


def test_a_request_is_found_by_the_same_call_alone() -> None:
    first = call("k1", b"{}")
    others = [call("k2", b"{}"), call("k1", b"[]")]

    assert once.filing(call("k1", b"{}")) == once.filing(first)
    assert once.filing(first) not in map(once.filing, others)


def test_what_stays_of_a_call_is_neither_its_key_nor_a_digest_to_try_texts_against() -> None:
    made = call("order-of-kestrel", b'{"justification": "kestrels"}')

    assert made.key not in once.filing(made)
    assert made.digest not in once.filing(made)
