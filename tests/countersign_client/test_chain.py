"""The audit chain: every way to tamper with it shows."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest

from countersign_client.chain import START, ChainError, Entry, verify

REQUEST = "r-0123456789"


def chain(length: int = 4, request: str = REQUEST) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, length + 1):
        entries.append(
            Entry(
                request=request,
                seq=number,
                at=f"2026-11-22T10:00:{number:02}Z",
                actor="alice@example.com",
                action="review.approve",
                detail={"n": number, "by": ["bob@example.com"]},
                prev=entries[-1].hash if entries else START,
            )
        )
    return entries


HEAD = chain()[-1].hash


def test_a_whole_chain_holds() -> None:
    assert verify(chain(), request=REQUEST, head=HEAD) == 4
    assert verify([], request=REQUEST, head=START) == 0


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-11-22T10:00:59Z"},
        {"actor": "gwen@example.com"},
        {"action": "review.deny"},
        {"detail": {"n": 0}},
        {"v": 2},
        {"seq": 9},
        {"prev": "sha256:" + "1" * 64},
        {"request": "r-9999999999"},
    ],
)
def test_a_changed_entry_shows(which: int, change: dict[str, Any]) -> None:
    entries = chain()
    entries[which] = msgspec.structs.replace(entries[which], **change)
    with pytest.raises(ChainError):
        verify(entries, request=REQUEST, head=HEAD)


@pytest.mark.parametrize("which", range(4))
def test_a_missing_entry_shows(which: int) -> None:
    entries = chain()
    del entries[which]
    with pytest.raises(ChainError):
        verify(entries, request=REQUEST, head=HEAD)


def test_a_cut_tail_shows() -> None:
    with pytest.raises(ChainError, match="does not end where its record says"):
        verify(chain()[:3], request=REQUEST, head=HEAD)


def test_entries_beyond_the_head_show() -> None:
    with pytest.raises(ChainError):
        verify(chain(5), request=REQUEST, head=HEAD)


@pytest.mark.parametrize("at", range(3))
def test_exchanged_entries_show(at: int) -> None:
    entries = chain()
    entries[at], entries[at + 1] = entries[at + 1], entries[at]
    with pytest.raises(ChainError):
        verify(entries, request=REQUEST, head=HEAD)


def test_a_repeated_entry_shows() -> None:
    entries = chain()
    with pytest.raises(ChainError):
        verify([*entries, entries[-1]], request=REQUEST, head=HEAD)


def test_a_chain_of_another_request_shows() -> None:
    foreign = chain(request="r-9999999999")
    with pytest.raises(ChainError, match="belongs to"):
        verify(foreign, request=REQUEST, head=foreign[-1].hash)


def test_the_hash_is_the_digest_of_the_canonical_json() -> None:
    # RFC 8785: keys sorted, no spaces; made here by hand.
    (entry,) = chain(1)
    by_hand = (
        '{"action":"review.approve","actor":"alice@example.com","at":"2026-11-22T10:00:01Z",'
        '"detail":{"by":["bob@example.com"],"n":1},"prev":"' + START + '","request":"r-0123456789","seq":1,"v":1}'
    )
    assert entry.hash == "sha256:" + sha256(by_hand.encode()).hexdigest()


@pytest.mark.parametrize("detail", [{"n": 2**53}, {"n": float("inf")}, {"who": "\ud800"}])
def test_an_entry_of_which_there_is_no_hash_shows(detail: dict[str, Any]) -> None:
    entries = chain()
    entries[1] = msgspec.structs.replace(entries[1], detail=detail)
    with pytest.raises(ChainError, match="entry 2"):
        verify(entries, request=REQUEST, head=HEAD)
