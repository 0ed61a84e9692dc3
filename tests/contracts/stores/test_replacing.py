"""A request in the place of an older one: filed and withdrawn in one commit, on every store, or neither."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.changes import Change
from approvals.guards import Guard, GuardFailed
from approvals.limits import OPEN, Limits
from approvals.policy.evaluate import Ask
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict, NotFound, Refused
from approvals.requests import Request
from approvals.uses.asking import Replaced
from tests.chaos.trouble import Crash, Doom
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following
from tests.support.direct import Wire
from tests.support.doubles import Around
from tests.support.meetings import many_at_once
from tests.support.world import ALICE, World

OLD, NEW = "r-0000000000", "r-1111111111"
ONE = Limits(pending=1)


def new(*, limits: Limits | None = ONE, guards: tuple[Guard, ...] = ()) -> Change:
    change = filed(NEW, wake=(f"request:{NEW}",))
    return msgspec.structs.replace(change, limits=limits, guards=guards)


def withdrawn(record: Request) -> Change:
    return following(record, state="withdrawn", wake=(f"request:{record.id}",))


@pytest.fixture
def older(store: Store) -> Request:
    return store.create(msgspec.structs.replace(filed(OLD), limits=ONE), key="old")


def nothing_came_of_it(store: Store, older: Request) -> None:
    assert store.filed("new") is None
    assert store.request(older.id) == older
    assert [entry.action for entry in store.entries(older.id)] == ["filed"]
    assert set(store.chains()) <= {"", older.id}
    assert store.due(now=NOW, limit=5) == []


def test_what_was_changed_meanwhile_stays_and_nothing_is_filed(store: Store, older: Request) -> None:
    late = withdrawn(older)
    approved = following(older, state="approved")
    store.commit(approved)

    with pytest.raises(Conflict):
        store.create(new(), key="new", older=late)

    nothing_came_of_it_but(store, approved.request)


def nothing_came_of_it_but(store: Store, now: Request) -> None:
    assert store.filed("new") is None
    assert store.request(now.id) == now
    assert NEW not in store.chains()


def test_a_guard_that_holds_no_more_leaves_both_as_they_were(store: Store, older: Request) -> None:
    guard = Guard(name="epoch", value=0)
    store.advance(guard, body=b"", at=NOW, actor="os:root", action="moved", detail={})

    with pytest.raises(GuardFailed):
        store.create(new(guards=(guard,)), key="new", older=withdrawn(older))

    nothing_came_of_it(store, older)


def test_what_is_one_too_many_all_the_same_withdraws_nothing(store: Store, older: Request) -> None:
    store.create(msgspec.structs.replace(filed("r-2222222222"), limits=Limits(pending=2)), key="another")

    with pytest.raises(Refused):
        store.create(new(), key="new", older=withdrawn(older))

    assert store.request(older.id) == older
    assert store.filed("new") is None


def test_an_id_that_is_taken_withdraws_nothing(store: Store, older: Request) -> None:
    store.create(filed(NEW, requester="bob@example.com"), key="another")

    with pytest.raises(Conflict):
        store.create(new(), key="new", older=withdrawn(older))

    assert store.request(older.id) == older


def test_what_is_not_there_is_not_replaced(store: Store) -> None:
    with pytest.raises(NotFound):
        store.create(new(), key="new", older=withdrawn(filed(OLD).request))

    assert store.filed("new") is None


def test_at_the_limit_one_goes_and_one_comes(store: Store, older: Request) -> None:
    store.create(new(), key="new", older=withdrawn(older))

    assert (store.request(OLD).state, store.request(NEW).state) == ("withdrawn", "pending")
    assert {*store.due(now=NOW, limit=5)} == {f"request:{OLD}", f"request:{NEW}"}
    with pytest.raises(Refused):
        store.create(msgspec.structs.replace(filed("r-3333333333"), limits=ONE), key="one more")
    store.commit(following(store.request(NEW), state="withdrawn"))
    store.create(msgspec.structs.replace(filed("r-3333333333"), limits=ONE), key="one more")


def test_where_as_many_are_open_as_may_be_the_one_that_goes_makes_room(store: Store) -> None:
    many = [store.create(filed(f"r-{number:010}"), key=str(number)) for number in range(OPEN)]
    limits = Limits(pending=OPEN + 1, per_hour=2 * OPEN)

    with pytest.raises(Refused):
        store.create(new(limits=limits), key="new")
    store.create(new(limits=limits), key="new", older=withdrawn(many[0]))

    assert store.request(NEW).state == "pending"


def test_a_key_that_has_filed_already_withdraws_nothing_more(store: Store, older: Request) -> None:
    store.create(new(limits=None), key="new")

    assert store.create(new(), key="new", older=withdrawn(older)).id == NEW
    assert store.request(OLD) == older


def test_of_two_forms_that_replace_one_request_one_does(place: Place, store: Store, older: Request) -> None:
    other = place.open()
    one, two = new(limits=None), filed("r-2222222222")
    both = ((store, one, "one"), (other, two, "two"))

    def send(number: int) -> Request:
        where, change, key = both[number]
        return where.create(change, key=key, older=withdrawn(older))

    results = many_at_once(2, send)
    other.close()

    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Request"]
    assert len(store.pending(limit=5)) == 1
    assert store.request(OLD).version == older.version + 1


# --- the program dies


@pytest.fixture
def world(place: Place, wire: Wire, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, granter=wire, store=place.open())
    yield made
    assert list(Inspection(made.store).faults()) == []
    made.close()


def replace(world: World, older: Request) -> Replaced:
    ask = Ask(entitlement="pair", duration=timedelta(minutes=30), justification="INC-43")
    return world.uses.asking.replace(world.identity(ALICE), ask, older=older.id, key="form", now=world.clock())


@pytest.mark.parametrize("moment", range(2))
def test_whenever_the_program_dies_one_of_the_two_waits_and_the_same_form_ends_it(
    world: World, moment: int
) -> None:
    """At the limit, where the older one has to go first."""
    older, *rest = [world.file(ALICE, "pair") for _ in range(Limits().pending)]
    doom, store = Doom(), world.store
    world.store = cast("Store", Around(store, before=doom.write, after=doom.write))
    world.restart()
    doom.left = moment
    with pytest.raises(Crash):
        replace(world, older)
    doom.left, world.store = None, store
    world.restart()

    waiting = store.open_of(ALICE)
    assert len(waiting) == Limits().pending
    assert store.request(older.id).state == ("pending" if moment == 0 else "withdrawn")
    replaced = replace(world, older)
    assert {each.id for each in store.open_of(ALICE)} == {replaced.request.id, *(each.id for each in rest)}
    assert replaced.older.state == "withdrawn"
