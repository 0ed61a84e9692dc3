"""Whose account is deactivated loses what they have within a pass; what nobody knows makes nobody a leaver."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals import absences
from approvals.people.standins import Absence
from approvals.reconcile.leavers import MOST, SUBJECT
from approvals.refusals.errors import NotFound, Unavailable
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.support.doubles import ref
from tests.support.fridays import KINDS
from tests.support.pages import Visitors
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy

Scene = Callable[[World, pytest.MonkeyPatch], object]


def fails_with(error: Exception) -> Callable[..., Any]:
    def look_up(_: str, *, timeout: float) -> Any:
        raise error

    return look_up


def fails(error: Exception) -> Scene:
    def scene(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(world.people, "account", fails_with(error))

    return scene


def changed(**changes: Any) -> Scene:
    return lambda world, _: world.people.join(ALICE, **changes)


NO_LEAVER: dict[str, Scene] = {
    "the channel does not answer": fails(Unavailable("Slack did not answer users.info in time")),
    "the channel wants fewer calls": fails(Unavailable("Slack wants fewer calls")),
    "the channel knows no such account": fails(NotFound("there is no such account")),
    "an account that is not deactivated": changed(),
    "an account without an address": changed(email=""),
    "an invited account": changed(active=False),
    "a guest's account": changed(guest=True),
    "an account of another team": changed(team=""),
}


@pytest.mark.parametrize("what", NO_LEAVER)
def test_what_is_no_deactivated_account_takes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    held, waits = world.granted(), world.file(ALICE, "pair")
    NO_LEAVER[what](world, monkeypatch)

    for _ in range(3):
        looked_at(world)
        world.clock.advance(60)

    assert (world.state(held), world.read(waits).state) == ("active", "pending")


def leaves(world: World, person: str = ALICE) -> None:
    world.people.join(person, active=False, left=True)


def looked_at(world: World) -> None:
    """One pass over accounts, and over what it makes due."""
    world.store.wake(SUBJECT, due=world.clock())
    world.reconciler.subject(SUBJECT)
    world.pass_()


@pytest.mark.parametrize("kind", KINDS)
def test_a_leaver_has_nothing_left_after_a_pass_and_people_read_why(
    world: World, cloud: Google, kind: str
) -> None:
    world.policy = policy(*KINDS[kind])
    held, waits, other = world.granted(), world.file(), world.granted(GWEN, "logs")
    leaves(world)

    looked_at(world)

    assert (world.state(held), world.read(waits).state, world.state(other)) == ("revoked", "withdrawn", "active")
    assert [each["members"] for each in bindings(cloud)] == [[f"user:{GWEN}"]]
    said = "The account of its holder is deactivated, suspended or deleted, so it was taken away."
    assert said in str(plain(view(world.card(held)).meaning))
    assert "the account of whoever asked is deactivated" in str(plain(view(world.card(waits)).meaning))
    grant = world.read(held).grant
    assert grant is not None
    assert (grant.cause, grant.closed_by) == ("left", "")
    world.clock.advance(60)
    looked_at(world)
    assert world.actions(held).count("grant.revoked") == 1


def test_what_they_asked_for_on_a_page_goes_with_it(world: World) -> None:
    chat, paged = world.file(ALICE, "pair"), world.file_by(Visitors(world).identity(ALICE), "admin")
    leaves(world)

    looked_at(world)

    assert (world.read(chat).state, world.read(paged).state) == ("withdrawn", "withdrawn")


@pytest.mark.parametrize("address", ["a.smith@example.com", ALICE])
def test_of_whom_another_account_is_in_use_only_the_old_one_goes(world: World, address: str) -> None:
    away(world, ALICE, CAROL)
    chat, paged = world.file(ALICE, "pair"), world.file_by(Visitors(world).identity(ALICE), "admin")
    leaves(world)
    new = world.people.join("a.smith@example.com", email=address)
    second = world.file_by(world.identity("a.smith@example.com", email=address), "logs")
    world.pass_()

    looked_at(world)

    assert (chat.requester, paged.requester, second.requester, second.account) == (ALICE, ALICE, ALICE, new)
    assert (world.read(chat).state, world.read(paged).state) == ("withdrawn", "pending")
    assert world.state(second) == "active"
    assert [each.person for each in absences.read(world.store)[1]] == [ALICE]


def test_while_nobody_knows_whether_they_have_another_account_nothing_is_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, paged = world.file(ALICE, "pair"), world.file_by(Visitors(world).identity(ALICE), "admin")
    leaves(world)
    monkeypatch.setattr(world.people, "by_email", fails_with(Unavailable("Slack wants fewer calls")))

    looked_at(world)
    assert (world.read(chat).state, world.read(paged).state) == ("pending", "pending")

    monkeypatch.undo()
    for _ in range(2):
        world.clock.advance(60)
        looked_at(world)
    assert (world.read(chat).state, world.read(paged).state) == ("withdrawn", "withdrawn")


def test_who_came_by_pages_alone_is_a_leaver_once_the_account_by_which_the_chat_knew_them_is_deactivated(
    world: World,
) -> None:
    paged = world.file_by(Visitors(world).identity(ALICE), "admin")
    looked_at(world)
    assert world.read(paged).state == "pending"

    leaves(world)
    world.clock.advance(60)
    looked_at(world)

    assert world.read(paged).state == "withdrawn"


def test_whom_the_chat_never_knew_is_no_leaver_for_that(world: World) -> None:
    paged = world.file_by(Visitors(world).identity(ALICE), "admin")
    del world.people.accounts[ref(ALICE)]

    for _ in range(3):
        looked_at(world)
        world.clock.advance(60)

    assert world.read(paged).state == "pending"


def test_whose_address_in_the_chat_is_another_one_now_is_no_leaver_for_that(world: World) -> None:
    paged = world.file_by(Visitors(world).identity(ALICE), "admin")
    looked_at(world)
    world.people.join(ALICE, email="alice.jones@example.com")

    world.clock.advance(60)
    looked_at(world)

    assert world.read(paged).state == "pending"


def test_nobody_is_stood_in_for_by_a_leaver_who_has_nothing_open(world: World) -> None:
    away(world, BOB, CAROL)
    looked_at(world)
    assert [each.delegate for each in absences.read(world.store)[1]] == [CAROL]

    leaves(world, CAROL)
    world.clock.advance(60)
    looked_at(world)

    assert absences.read(world.store)[1] == ()


def away(world: World, person: str, delegate: str) -> None:
    absence = Absence(
        person=person,
        delegate=delegate,
        since=world.clock(),
        until=world.clock() + timedelta(days=3),
        generation=world.installation.generation,
        account=ref(person),
    )
    absences.leave(world.store, absence, now=world.clock())


@pytest.mark.parametrize("has_access", [True, False])
def test_nobody_stands_in_for_a_leaver(world: World, *, has_access: bool) -> None:
    away(world, BOB, CAROL)
    if has_access:
        world.granted(BOB, "logs")
    leaves(world, BOB)

    looked_at(world)

    assert absences.read(world.store)[1] == ()
    assert world.store.entries("")[-1].actor == "countersign"


def test_a_pass_makes_so_many_calls_and_the_next_one_goes_on_from_there(world: World) -> None:
    many = [f"p{number:02}@example.com" for number in range(MOST + 5)]
    for person in many:
        world.people.join(person)
    held = [world.file(person, "pair") for person in many]
    world.pass_()
    for person in many:
        leaves(world, person)
    world.people.asked.clear()

    looked_at(world)

    assert [world.read(each).state for each in held].count("withdrawn") == MOST
    world.clock.advance(60)
    looked_at(world)
    assert {world.read(each).state for each in held} == {"withdrawn"}


def test_one_account_that_cannot_be_looked_at_keeps_nobody_else_here(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.file(ALICE, "pair"), world.file(GWEN, "pair")
    world.pass_()
    leaves(world, GWEN)
    look_up = world.people.account

    def account(of: str, *, timeout: float) -> Any:
        if of == first.account:
            raise Unavailable("Slack did not answer")
        return look_up(of, timeout=timeout)

    monkeypatch.setattr(world.people, "account", account)
    for _ in range(2):
        looked_at(world)
        world.clock.advance(60)

    assert (world.read(first).state, world.read(second).state) == ("pending", "withdrawn")


@pytest.mark.parametrize("chat", [True, False])
def test_whoever_was_let_in_again_since_the_channel_was_asked_keeps_what_they_asked_for_then(
    world: World, monkeypatch: pytest.MonkeyPatch, *, chat: bool
) -> None:
    """Another instance may know better than an answer that this one has remembered for less than a minute."""
    by = world.identity(ALICE) if chat else Visitors(world).identity(ALICE)
    before = world.file_by(by, "pair")
    looked_at(world)
    leaves(world)
    remembered = world.people.account(ref(ALICE), timeout=1)
    world.clock.advance(30)
    world.people.join(ALICE)
    since = world.file_by(world.identity(ALICE) if chat else Visitors(world).identity(ALICE), "admin")
    away(world, ALICE, CAROL)
    ask = world.people.account
    monkeypatch.setattr(
        world.people,
        "account",
        lambda of, *, timeout: remembered if of == ref(ALICE) else ask(of, timeout=timeout),
    )
    monkeypatch.setattr(world.people, "by_email", fails_with(NotFound("nobody has that address")))

    looked_at(world)

    assert (world.read(before).state, world.read(since).state) == ("withdrawn", "pending")
    assert [each.person for each in absences.read(world.store)[1]] == [ALICE]
