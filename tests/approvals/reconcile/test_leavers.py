"""Whose account is deactivated loses what they have within a pass; what nobody knows makes nobody a leaver."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals import absences
from approvals.errors import NotFound, Unavailable
from approvals.reconcile.leavers import MOST, SUBJECT
from approvals.standins import Absence
from handlers.wording.lines import plain
from handlers.wording.views import view
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.support.doubles import ref
from tests.support.pages import Visitors
from tests.support.world import ALICE, BOB, CAROL, GWEN, World

Scene = Callable[[World, pytest.MonkeyPatch], object]


def fails(error: Exception) -> Scene:
    def scene(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def account(_: str, *, timeout: float) -> Any:
            raise error

        monkeypatch.setattr(world.people, "account", account)

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


def test_a_leaver_has_nothing_left_after_a_pass_and_people_read_why(world: World, cloud: Google) -> None:
    held, waits, other = world.granted(), world.file(ALICE, "pair"), world.granted(GWEN, "logs")
    leaves(world)

    looked_at(world)

    assert (world.state(held), world.read(waits).state, world.state(other)) == ("revoked", "withdrawn", "active")
    assert [each["members"] for each in bindings(cloud)] == [[f"user:{GWEN}"]]
    said = "Its holder's account is deactivated, so it was taken away."
    assert said in str(plain(view(world.card(held)).meaning))
    assert "the account of whoever asked is deactivated" in str(plain(view(world.card(waits)).meaning))
    grant = world.read(held).grant
    assert grant is not None
    assert (grant.cause, grant.closed_by) == ("left", "")
    world.clock.advance(60)
    looked_at(world)
    assert world.actions(held).count("grant.revoked") == 1


def test_what_they_asked_for_on_a_page_goes_with_it_and_what_another_account_of_theirs_asked_for_stays(
    world: World,
) -> None:
    chat, paged = world.file(ALICE, "pair"), world.file_by(Visitors(world).identity(ALICE), "admin")
    world.people.join("a.smith@example.com")
    second = world.file("a.smith@example.com", "logs")
    world.pass_()
    leaves(world)

    looked_at(world)

    assert (chat.requester, paged.requester, second.requester) == (ALICE, ALICE, ALICE)
    assert (world.read(chat).state, world.read(paged).state) == ("withdrawn", "withdrawn")
    assert world.state(second) == "active"


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
