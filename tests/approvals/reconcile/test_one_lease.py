"""What is called for is sent by the lease under which it was found, and what was sent is known from then on."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import cast

import msgspec
import pytest

from approvals.ports.messages import Notice, Posted
from approvals.ports.store import Lease, Store
from approvals.reconcile.asking import Asking
from approvals.reconcile.pinboard import Pinboard
from approvals.reconcile.posts import Post, Posts
from approvals.refusals.errors import Unavailable
from approvals.telling.cards import Card
from tests.support.doubles import Around, Room
from tests.support.world import BOB, CAROL, DAN, World


class Died(BaseException):
    """The process is gone."""


@pytest.fixture
def writes(world: World) -> Counter[str]:
    """What is written from here on, by the store's operations."""
    seen = Counter[str]()
    world.store = cast("Store", Around(world.store, before=lambda name: seen.update([name])))
    world.restart()
    return seen


def called(world: World) -> list[str]:
    """Who was told that it is their turn, in order."""
    return [person for turn in world.room.turns for person in turn.people]


def test_a_new_request_is_posted_and_its_people_are_called_by_one_lease(
    world: World, writes: Counter[str]
) -> None:
    world.file()
    writes.clear()
    world.pass_()

    assert called(world) == [BOB, CAROL, DAN]
    assert (writes["lease"], writes["release"]) == (1, 1)
    # Both intents at once; that each of the two stands; the intent of the call with who is called. That this one
    # stands is kept as the request is given back.
    assert writes["save"] == 1 + 2 + 1


class Hasty(Room):
    """Somebody votes as soon as the card stands."""

    def __init__(self) -> None:
        super().__init__()
        self.then: Callable[[], object] = lambda: None

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        super().redraw(posted, notice, card, timeout=timeout)
        then, self.then = self.then, lambda: None
        then()


def test_who_voted_while_the_cards_were_posted_is_called_to_nothing(world: World) -> None:
    """Fails where the pass goes on with what it read before the vote."""
    room = world.room = world._messenger = Hasty()
    world.restart()
    request = world.file()
    room.then = lambda: world.press(BOB, request, "deny", comment="no")

    world.pass_()

    assert called(world) == []


@pytest.mark.parametrize("at", range(1, 7))
@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_dies_each_message_stands_and_nobody_is_called_twice(
    world: World, at: int, *, after: bool
) -> None:
    """At each write of the first pass in turn, before it has an effect and after."""
    inner, count = world.store, Counter[str]()

    def moment(name: str) -> None:
        count["writes"] += name in {"lease", "save", "release"}
        if count["writes"] == at and name in {"lease", "save", "release"}:
            raise Died

    request = world.file()
    told = Around(inner, after=moment) if after else Around(inner, before=moment)
    world.store = cast("Store", told)
    world.restart()
    try:
        with pytest.raises(Died):
            world.pass_()
    finally:
        world.store = inner
        world.restart()
    world.clock.advance(31)
    world.passes(60)

    assert len(world.room.turns) <= 1
    for key in ("card", "status"):
        *orphans, stands = world.room.of(request.id, key)
        assert stands.drawn is not None
        assert all(orphan.drawn is None for orphan in orphans)
        assert len(orphans) <= 1


@pytest.mark.parametrize("is_kept", [False, True])
def test_who_was_not_called_because_the_store_did_not_answer_is_called_later(
    world: World, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    """Fails where a store that does not keep the intent is taken for a chat that says nothing to a call."""
    save, refused = world.store.save, list[bytes]()

    def silent_at_first(lease: Lease, body: bytes) -> Lease:
        begun = [key for key, post in msgspec.json.decode(body, type=Posts).posts.items() if post.begun]
        if refused or not any(key.startswith("turn:") for key in begun):
            return save(lease, body)
        refused.append(body)
        if is_kept:
            save(lease, body)
        raise Unavailable("the database does not answer")

    world.file()
    monkeypatch.setattr(world.store, "save", silent_at_first)
    world.passes(60)

    assert len(refused) == 1
    assert called(world) == [BOB, CAROL, DAN]


def test_what_was_posted_is_known_also_where_the_rest_of_the_pass_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails where what is only noted is lost with the pass: the step would be posted again and again."""
    request = world.file()
    world.pass_()
    world.press(BOB, request, "deny", comment="no")

    def broken(_: Asking) -> bool:
        raise RuntimeError("broken")

    monkeypatch.setattr(Asking, "worked_out", broken)
    world.passes(120, step=31)
    monkeypatch.undo()
    world.passes(60)

    assert len(world.room.of(request.id, "step:denied")) == 1


@pytest.mark.parametrize("is_kept", [False, True])
def test_what_stands_is_known_also_where_the_store_does_not_answer_as_the_request_is_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    """Fails where one call without an answer loses what was noted: the same would be told twice."""
    request = world.file(entitlement="pair")
    world.pass_()
    world.press(BOB, request)
    release, refused = world.store.release, list[Lease]()

    def silent_at_first(lease: Lease, *, due: datetime | None, body: bytes | None = None) -> None:
        is_first = body is not None and not refused
        if not is_first or is_kept:
            release(lease, due=due, body=body)
        if is_first:
            refused.append(lease)
            raise Unavailable("the database does not answer")

    monkeypatch.setattr(world.store, "release", silent_at_first)
    with suppress(Unavailable):
        world.pass_()
    world.passes(60)

    assert len(refused) == 1
    assert len(world.room.of(request.id, "step:progress:1")) == 1


def test_what_is_owed_is_written_with_the_next_intent_and_not_by_itself(
    world: World, writes: Counter[str]
) -> None:
    lease = world.store.lease("request:x", owner="me", now=world.clock(), until=world.clock())
    assert lease is not None
    board = Pinboard(world.store, lease, Posts(), world.clock)
    writes.clear()
    first = board.begin("step:one")
    board.owe("step:one", Post(tried=first.tried))
    assert (writes["save"], board.noted is not None) == (1, True)

    board.begin("step:two")
    assert (writes["save"], board.noted) == (2, None)
    board.owe("step:two", Post(tried=first.tried))
    board.pay()
    board.pay()
    assert (writes["save"], board.noted) == (3, None)
