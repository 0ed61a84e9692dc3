"""A request in place of an older one: one commit files and withdraws, and whoever was first is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from approvals.changes import Change
from approvals.freezes import freezing
from approvals.limits import Limits
from approvals.policy.evaluate import Ask
from approvals.ports.store import Store
from approvals.requests import Request, Settled
from approvals.uses.asking import Replaced
from handlers.wording.refusing.refusals import told
from tests.support.refusing import refusing
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy, refused

GUESTS_ASK = ("  domains: [example.com]", "  domains: [example.com]\n  guests: request")
ALONE = (
    """    approval:
      - {approvers: ["group:approvers@example.com"], needed: 2}
""",
    "    approval: self\n",
)


def replace(world: World, older: str, *, entitlement: str = "pair", key: str = "form") -> Replaced:
    ask = Ask(entitlement=entitlement, duration=timedelta(minutes=30), justification="INC-43")
    return world.uses.asking.replace(world.identity(ALICE), ask, older=older, key=key, now=world.clock())


def waiting(world: World) -> list[str]:
    return [request.id for request in world.store.pending(limit=100)]


class Meanwhile:
    """A store in which something happens once, when a request is about to be filed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.happens: Callable[[], Any] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def create(self, change: Change, **more: Any) -> Request:
        happens, self.happens = self.happens, lambda: None
        happens()
        return self._store.create(change, **more)


@pytest.fixture
def meanwhile(world: World) -> Meanwhile:
    """The store that the uses have from now on."""
    made = Meanwhile(world.store)
    world.uses = world.core(store=made).uses
    return made


def test_what_is_somebody_elses_is_not_replaced(world: World) -> None:
    older = world.file(GWEN, "pair")

    with refused("older"):
        replace(world, older.id)

    assert waiting(world) == [older.id]


@pytest.mark.parametrize("key", ["form 1", "form"])
def test_what_asks_for_something_else_is_not_replaced(world: World, key: str) -> None:
    """Also not by a form that has filed already and comes again changed."""
    other = world.file(ALICE, "admin", key="admin")
    filed = world.file(ALICE, "pair", key="form 1")

    with refused("older"):
        replace(world, other.id, key=key)

    assert waiting(world) == [other.id, filed.id]


def test_what_does_not_exist_is_not_replaced(world: World) -> None:
    with refused("older"):
        replace(world, "r-0000000000")

    assert waiting(world) == []


@pytest.mark.parametrize("older", ["a/b", "..", f"r-0000000000/{'x' * 2000}", "\ud800"])
def test_what_is_no_id_is_not_looked_for(world: World, older: str) -> None:
    """In Firestore an id is a part of a path, of which not every text makes one."""

    class Paths(Meanwhile):
        def request(self, request_id: str) -> Request:
            raise ValueError(f"{request_id!r} is no path")

    world.uses = world.core(store=cast("Store", Paths(world.store))).uses

    with refused("older"):
        replace(world, older)


def test_an_ask_that_is_refused_leaves_the_older_request(world: World) -> None:
    older = world.file(ALICE, "pair")
    ask = Ask(entitlement="pair", duration=timedelta(hours=99), justification="INC-43")

    with refused("duration"):
        world.uses.asking.replace(world.identity(ALICE), ask, older=older.id, key="form", now=world.clock())

    assert waiting(world) == [older.id]


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_what_was_decided_while_the_form_was_open_is_told_and_nothing_is_filed(world: World, verdict: Any) -> None:
    older = world.file(ALICE, "admin")
    world.press(BOB, older, verdict, comment="no")

    with refusing("nothing was filed") as refusal:
        replace(world, older.id, entitlement="admin")

    assert refusal.value.kind == "older"
    assert isinstance(refusal.value, Settled)
    assert refusal.value.request.id == older.id
    assert waiting(world) == []


def full(world: World) -> list[str]:
    """As many requests as one person may have waiting, the first one for the same."""
    return [world.file(ALICE, "pair").id for _ in range(Limits().pending)]


def test_at_the_limit_of_what_waits_one_goes_and_one_comes(world: World) -> None:
    older, *rest = full(world)

    replaced = replace(world, older)

    assert waiting(world) == [*rest, replaced.request.id]
    assert replaced.older.state == "withdrawn"


def test_at_the_limit_nothing_goes_for_what_is_refused(world: World) -> None:
    older, *rest = full(world)
    too_long = Ask(entitlement="pair", duration=timedelta(hours=99), justification="INC-43")

    with refused("duration"):
        world.uses.asking.replace(world.identity(ALICE), too_long, older=older, key="form", now=world.clock())
    freezing.freeze(world.store, by="os:root", why=None, now=world.clock())
    with refused("frozen"):
        replace(world, older)

    assert waiting(world) == [older, *rest]


def test_at_the_limit_nothing_goes_for_what_would_be_refused_to_a_guest_alone(world: World) -> None:
    """The policy lets people of the house do without others by now, and guests not."""
    world.policy = policy(GUESTS_ASK)
    world.people.join(ALICE, guest=True)
    older, *rest = full(world)
    world.policy = policy(GUESTS_ASK, ALONE)

    with refused("requester"):
        replace(world, older)

    assert waiting(world) == [older, *rest]


def test_at_the_limit_what_went_leaves_room_for_one_alone(world: World) -> None:
    older, *_ = full(world)
    replace(world, older)

    with refused("limit.waiting"):
        replace(world, older, key="another form")

    assert len(waiting(world)) == Limits().pending


def test_where_one_that_goes_leaves_no_room_yet_nothing_goes(world: World) -> None:
    """The policy has come to allow fewer than wait already."""
    older, *rest = full(world)
    world.policy = policy(("defaults:", "limits: {pending: 2}\ndefaults:"))

    with refused("limit.waiting"):
        replace(world, older)

    assert waiting(world) == [older, *rest]


def test_the_limit_of_an_hour_does_not_send_anybody_to_withdraw(world: World) -> None:
    for _ in range(Limits().per_hour - 1):
        world.uses.ending.withdraw(world.identity(ALICE), world.file(ALICE, "pair").id, now=world.clock())
    older = world.file(ALICE, "pair")

    with refusing("within an hour") as refusal:
        replace(world, older.id)

    assert "withdraw" not in told(refusal.value)
    assert waiting(world) == [older.id]


def test_the_older_request_is_withdrawn_by_who_asked(world: World) -> None:
    older = world.file(ALICE, "pair")

    replaced = replace(world, older.id)

    assert waiting(world) == [replaced.request.id]
    assert replaced.older.decision is not None
    assert (replaced.older.state, replaced.older.decision.by) == ("withdrawn", (ALICE,))
    assert world.actions(older) == ["request.filed", "request.withdrawn"]


def test_the_messages_of_both_are_brought_up_to_date(world: World) -> None:
    older = world.file(ALICE, "pair")
    world.pass_()

    replaced = replace(world, older.id)
    world.pass_()

    drawn = {each.id: world.room.only(each.id, "status").drawn for each in (older, replaced.request)}
    assert {name: card.request.state for name, card in drawn.items() if card} == {
        older.id: "withdrawn",
        replaced.request.id: "pending",
    }


def test_a_freeze_that_comes_first_leaves_the_older_request(world: World, meanwhile: Meanwhile) -> None:
    older = world.file(ALICE, "pair")
    meanwhile.happens = lambda: freezing.freeze(world.store, by="os:root", why=None, now=world.clock())

    with refused("frozen"):
        replace(world, older.id)

    assert waiting(world) == [older.id]


def test_an_approval_that_comes_first_stands_and_nothing_is_filed(world: World, meanwhile: Meanwhile) -> None:
    older = world.file(ALICE, "admin")
    meanwhile.happens = lambda: world.press(BOB, older)

    with refused("older.settled"):
        replace(world, older.id, entitlement="admin")

    assert world.read(older).state == "approved"
    assert waiting(world) == []


def test_a_vote_that_comes_first_is_no_reason_to_refuse(world: World, meanwhile: Meanwhile) -> None:
    older = world.file(ALICE, "pair")
    meanwhile.happens = lambda: world.press(BOB, older)

    replaced = replace(world, older.id)

    assert waiting(world) == [replaced.request.id]
    assert [review.person for review in replaced.older.reviews] == [BOB]


def test_what_is_over_by_the_clock_is_left_to_expire(world: World) -> None:
    older = world.file(ALICE, "pair")
    world.clock.now = older.terms.expires

    replaced = replace(world, older.id)
    world.pass_()

    assert world.read(older).state == "expired"
    assert waiting(world) == [replaced.request.id]


def test_a_form_that_comes_twice_files_once_and_withdraws_once(world: World) -> None:
    older = world.file(ALICE, "pair")

    first, second = replace(world, older.id), replace(world, older.id)

    assert first.request.id == second.request.id
    assert second.older == first.older
    assert waiting(world) == [first.request.id]


def test_what_its_holder_withdrew_meanwhile_is_no_reason_to_refuse(world: World) -> None:
    older = world.file(ALICE, "pair")
    world.uses.ending.withdraw(world.identity(ALICE), older.id, now=world.clock())

    replaced = replace(world, older.id)

    assert waiting(world) == [replaced.request.id]


def test_what_somebody_has_already_is_access_and_what_waits(world: World) -> None:
    access = world.granted(ALICE, "pair")
    world.file(GWEN, "pair")
    world.file(ALICE, "admin")
    waits = world.file(ALICE, "pair")

    found = world.uses.looking.already(world.identity(ALICE), "pair", now=world.clock())

    assert (found.active and found.active.id, found.waits and found.waits.id) == (access.id, waits.id)
    assert world.uses.looking.already(world.identity(CAROL), "pair", now=world.clock()) == msgspec.structs.replace(
        found, active=None, waits=None
    )
