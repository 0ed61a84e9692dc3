"""Whom the directory of users suspends has nothing left either, and one that does not say so takes nothing."""

from datetime import datetime, timedelta

import pytest

from approvals import absences
from approvals.ports.people import ANYTHING
from approvals.refusals.errors import NotFound, Unavailable
from tests.approvals.reconcile.test_leavers import away, leaves, looked_at
from tests.support.doubles import ref
from tests.support.pages import Visitors
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World


class Suspended:
    """A directory that says of some people that they are suspended, or since when they are deleted."""

    def __init__(self, *gone: str, error: Exception | None = None, at: datetime = ANYTHING) -> None:
        self.gone, self.error, self.at = set(gone), error, at
        self.asked: list[str] = []

    def left_at(self, person: str, *, timeout: float) -> datetime | None:
        self.asked.append(person)
        if self.error is not None:
            raise self.error
        return self.at if person in self.gone else None


def asked_too(world: World, directory: Suspended) -> None:
    """The next passes ask this directory as well."""
    world.leaving = directory
    world.restart()


def test_whom_the_directory_suspends_has_nothing_left_whichever_way_they_came(world: World) -> None:
    away(world, BOB, CAROL)
    chat, paged = world.file(ALICE, "pair"), world.file_by(Visitors(world).identity(ALICE), "admin")
    world.people.accounts.pop(ref(GWEN))
    alone, other = world.file_by(Visitors(world).identity(GWEN), "logs"), world.file(DAN, "logs")
    world.pass_()
    asked_too(world, Suspended(ALICE, CAROL, GWEN))

    looked_at(world)

    assert (world.read(chat).state, world.read(paged).state) == ("withdrawn", "withdrawn")
    assert (world.state(alone), world.state(other)) == ("revoked", "active")
    assert absences.read(world.store)[1] == ()


@pytest.mark.parametrize("error", [NotFound("the directory knows nobody"), Unavailable("no answer"), None])
def test_a_directory_that_does_not_say_so_takes_nothing_and_holds_no_chat_up(
    world: World, error: Exception | None
) -> None:
    first, second = world.file_by(Visitors(world).identity(ALICE), "admin"), world.file(GWEN, "pair")
    leaves(world, GWEN)
    directory = Suspended(*({ALICE} if error else ()), error=error)
    asked_too(world, directory)

    looked_at(world)

    assert directory.asked
    assert (world.read(first).state, world.read(second).state) == ("pending", "withdrawn")


def test_a_directory_that_does_not_answer_is_asked_once_a_pass(world: World) -> None:
    for person in (ALICE, BOB, GWEN):
        world.file(person, "logs")
    directory = Suspended(error=Unavailable("no answer"))
    asked_too(world, directory)

    looked_at(world)

    assert len(directory.asked) == 1


def test_what_was_asked_before_a_deletion_goes_and_what_was_asked_since_is_somebody_elses(world: World) -> None:
    """An address that the directory let go of may be of another organisation's, or of somebody new, by now."""
    away(world, BOB, CAROL)
    before = world.file_by(Visitors(world).identity(ALICE), "admin")
    world.clock.advance(60)
    deleted = world.clock()
    world.clock.advance(60)
    since = world.file_by(Visitors(world).identity(ALICE), "logs")
    away(world, GWEN, ALICE)
    asked_too(world, Suspended(ALICE, CAROL, at=deleted))

    looked_at(world)

    assert (world.read(before).state, world.state(since)) == ("withdrawn", "active")
    assert [each.delegate for each in absences.read(world.store)[1]] == [ALICE]


@pytest.mark.parametrize("seconds", [0, 1])
def test_what_was_asked_in_the_moment_of_the_deletion_stays(world: World, seconds: int) -> None:
    request = world.file_by(Visitors(world).identity(ALICE), "admin")
    asked_too(world, Suspended(ALICE, at=request.filed + timedelta(seconds=seconds)))

    looked_at(world)

    assert world.read(request).state == ("withdrawn" if seconds else "pending")
