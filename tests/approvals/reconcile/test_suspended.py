"""Whom the directory of users suspends has nothing left either, and one that does not say so takes nothing."""

import pytest

from approvals import absences
from approvals.errors import NotFound, Unavailable
from tests.approvals.reconcile.test_leavers import away, leaves, looked_at
from tests.support.doubles import ref
from tests.support.pages import Visitors
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World


class Suspended:
    """A directory that says of some people that they are suspended, and knows some not at all."""

    def __init__(self, *gone: str, error: Exception | None = None) -> None:
        self.gone, self.error = set(gone), error
        self.asked: list[str] = []

    def has_left(self, person: str, *, timeout: float) -> bool:
        self.asked.append(person)
        if self.error is not None:
            raise self.error
        return person in self.gone


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
