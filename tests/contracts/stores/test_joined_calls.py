"""A call of a tool that is asked for again, on every store: one request follows another, whatever races."""

from datetime import timedelta

import msgspec

from approvals.changes import Change, Mark, Marked
from approvals.ports.store import Store
from approvals.requests import Request
from tests.support.builders import NOW, filed
from tests.support.meetings import many_at_once

NAME = "call:assistant:sha256:of-it"


def asked(number: int, *, follows: bool = False) -> Change:
    """A request for the call: the first one, or one that takes the place of another that is over."""
    request_id = f"r-000000000{number}"
    mark = Mark(name=NAME, until=NOW + timedelta(days=7), body=request_id.encode())
    return msgspec.structs.replace(filed(request_id), marks=(mark,), unmarks=(NAME,) if follows else ())


def test_of_many_first_ones_at_once_one_is_kept(store: Store) -> None:
    changes = [asked(number) for number in range(6)]

    results = many_at_once(6, lambda number: store.create(changes[number], key=f"call {number}"))

    (kept,) = [each for each in results if isinstance(each, Request)]
    assert [type(each) for each in results if not isinstance(each, Request)] == [Marked] * 5
    assert store.mark(NAME) == kept.id.encode()


def test_of_many_that_follow_one_at_once_one_is_kept_and_all_find_it(store: Store) -> None:
    store.create(asked(0), key="call 0")
    changes = [asked(number, follows=True) for number in range(1, 7)]

    results = many_at_once(6, lambda number: store.create(changes[number], key="after:r-0000000000"))

    found = {each.id for each in results if isinstance(each, Request)}
    assert len(found) == 1
    assert store.mark(NAME) == found.pop().encode()
    assert len(store.pending(limit=9)) == 2


def test_the_next_one_is_led_to_by_the_same_mark(store: Store) -> None:
    for number in range(4):
        store.create(asked(number, follows=number > 0), key=f"after {number}")
        assert store.mark(NAME) == f"r-000000000{number}".encode()
