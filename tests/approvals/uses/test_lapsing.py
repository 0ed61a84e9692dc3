"""What was approved and not used is over in time, or when somebody takes it back; its chain tells all of it."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec
import pytest

from approvals.auditing import replay
from approvals.freezes.freezing import thaw
from approvals.requests import Request
from approvals.uses.revoking import revoke
from tests.support.builders import PERSON
from tests.support.refunds import (
    Till,
)
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, refused

REPLACE = msgspec.structs.replace


@pytest.fixture
def till(world: World) -> Till:
    return Till(world)


def test_an_approval_that_nobody_uses_lapses_when_its_time_is_over(till: Till) -> None:
    request = till.approved()
    till.world.passes(599)
    assert till.world.read(request).state == "approved"
    till.world.passes(2)

    lapsed = till.world.read(request)
    assert (lapsed.state, lapsed.lapsed and lapsed.lapsed.cause) == ("lapsed", "time")


def test_it_lapses_in_a_freeze_as_well(till: Till) -> None:
    request = till.approved()
    till.frozen().world.passes(601)
    thaw(till.world.store, by="operator", why=None, now=till.world.clock())

    assert till.world.read(request).state == "lapsed"


@pytest.mark.parametrize("who", [CAROL, ALICE])
def test_an_approver_takes_back_what_was_not_used_and_so_does_the_person(till: Till, who: str) -> None:
    request = till.approved()
    lapsed = till.world.end(who, request, why="The customer called")

    assert lapsed.state == "lapsed"
    assert lapsed.lapsed is not None
    assert lapsed.lapsed.by == who
    with refused("unusable"):
        till.consume(request)


def test_after_a_restore_of_the_store_nothing_is_used_that_may_have_been(till: Till) -> None:
    request = till.approved()
    till.restored()
    with refused("unusable.restored"):
        till.consume(request)
    till.world.store.wake(f"request:{request.id}", due=till.world.clock())
    till.swept()

    lapsed = till.world.read(request)
    assert (lapsed.state, lapsed.lapsed and lapsed.lapsed.cause) == ("lapsed", "restored")
    assert list(replay.faults(lapsed, till.world.store.entries(request.id))) == []


def test_who_takes_it_back_says_why(till: Till) -> None:
    request = till.approved()
    with refused("why"):
        till.world.end(CAROL, request, why=" ")
    with refused("not_approver"):
        till.world.end(GWEN, request, why="I would rather not")

    assert till.world.read(request).state == "approved"


def test_what_was_used_cannot_be_taken_back(till: Till) -> None:
    request = till.approved()
    till.consume(request)
    with refused("unusable"):
        till.world.end(CAROL, request)


def test_an_operator_takes_back_what_one_person_can_have_done(till: Till) -> None:
    waiting, approved = till.ask(), till.approved()
    revoke(till.world.store, till.world.policy.identity, ALICE, by="operator", why=None, now=till.world.clock())

    assert (till.world.read(waiting).state, till.world.read(approved).state) == ("withdrawn", "lapsed")


def test_what_was_used_in_the_shop_is_open_no_more(till: Till) -> None:
    request = till.approved()
    assert [each.id for each in till.world.store.open_of(ALICE)] == [request.id]
    till.consume(request)

    assert till.world.store.open_of(ALICE) == []


LIVES: Mapping[str, Callable[[Till], Request]] = {
    "pending": lambda till: till.ask(),
    "approved": lambda till: till.approved(),
    "used": lambda till: till.consume(till.approved()),
    "lapsed": lambda till: till.world.end(CAROL, till.approved()),
    "confirmed and used": lambda till: till.confirmed_and_used(),
    "withdrawn": lambda till: till.world.uses.acting.withdraw(till.speaker, till.ask().id, now=till.world.clock()),
}


@pytest.mark.parametrize("life", LIVES)
def test_a_chain_tells_all_that_became_of_an_action(till: Till, life: str) -> None:
    request = LIVES[life](till)

    assert list(replay.faults(request, till.world.store.entries(request.id))) == []


FORGED: Mapping[str, Callable[[Request], Request]] = {
    "used by another call": lambda r: REPLACE(r, used=r.used and REPLACE(r.used, key="other")),
    "used by another application": lambda r: REPLACE(r, used=r.used and REPLACE(r.used, by="store")),
    "never used": lambda r: REPLACE(r, state="approved", used=None),
    "another amount": lambda r: REPLACE(
        r, terms=REPLACE(r.terms, targets=(REPLACE(r.action, key="x") if r.action else r.terms.targets[0],))
    ),
    "another person": lambda r: REPLACE(r, terms=REPLACE(r.terms, person=REPLACE(PERSON, principal=BOB))),
    "more time": lambda r: REPLACE(r, terms=REPLACE(r.terms, duration=timedelta(hours=1))),
    "never confirmed": lambda r: REPLACE(r, confirmed=None),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_record_that_says_something_else_does_not_hold(till: Till, how: str) -> None:
    request = till.confirmed_and_used()

    assert list(replay.faults(FORGED[how](request), till.world.store.entries(request.id)))
