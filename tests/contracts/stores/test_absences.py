"""Two approvers who leave at one moment and name each other: one of them is away, on every store."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from approvals.changes import Beside
from approvals.people.standins import Absence
from approvals.refusals.errors import Refused
from approvals.uses.standing_in import Keeping
from tests.contracts.stores.places import Place
from tests.support.clouds import google_with
from tests.support.direct import direct_iam
from tests.support.meetings import at_once
from tests.support.world import APPROVERS, BOB, CAROL, World, policy, refused

BOTH = ("entitlements:\n", f'delegates: ["group:{APPROVERS}"]\nentitlements:\n')


@pytest.fixture
def world(place: Place, tmp_path: Path) -> Iterator[World]:
    with closing(World(tmp_path, granter=direct_iam(google_with()), store=place.open())) as made:
        made.policy = policy(BOTH)
        yield made


def leave(world: World, person: str, delegate: str, *, beside: Keeping | None = None) -> Absence:
    now = world.clock()
    until = now + timedelta(hours=8)
    identity = world.identity(person)
    return world.uses.standing_in.leave(identity, until=until, delegate=delegate, now=now, beside=beside)


def away(world: World) -> list[str]:
    return [each.person for each in world.cases.standins(now=world.clock()).absences]


def test_whoever_is_named_leaves_between_the_look_and_the_commit(world: World) -> None:
    """Fails without the question after each reading in `approvals.absences.leave`."""
    first: list[Absence] = []

    def meanwhile(_: Absence | None) -> Beside:
        if not first:
            first.append(leave(world, CAROL, BOB))
        return Beside(account="carol", version=0, body=b"", until=world.clock())

    with refused("away.too"):
        leave(world, BOB, CAROL, beside=meanwhile)
    assert away(world) == [CAROL]


def test_of_two_who_name_each_other_at_one_moment_one_is_away(world: World) -> None:
    for _ in range(5):
        left = at_once(partial(leave, world, BOB, CAROL), partial(leave, world, CAROL, BOB))

        assert sorted(type(each).__name__ for each in left) == [Absence.__name__, Refused.__name__]
        (there,) = away(world)
        world.uses.standing_in.back(world.identity(there), now=world.clock())
