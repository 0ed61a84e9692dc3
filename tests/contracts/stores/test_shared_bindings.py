"""A store of 0.1.0 whose people have bindings on one resource: sure, unsure, doubted, replaced, and to be removed.

It was made by 0.1.0's own code, with what Google held at that moment beside it. Whatever kills the upgrade, and
whatever process of 0.1.0 still runs beside it: no live access is taken away, and none comes back.
"""

from contextlib import closing
from typing import Any

import pytest

from approvals.backends.stores.firestore import upgrades
from approvals.backends.stores.firestore.database import Database
from approvals.backends.stores.sqlite import schema
from tests.contracts.stores.sharing import Old, Opening, Watched, clock, goes_on, old, opened, states, wire
from tests.support.builders import RESOURCE
from tests.support.doubles import Clock
from tests.support.world import ALICE, CAROL

__all__ = ["clock", "old", "opened", "wire"]


def test_everybodys_access_goes_on_after_an_upgrade(opened: Opening, old: Old, wire: Watched) -> None:
    goes_on(opened(), old, wire)


def test_a_doubt_of_before_the_upgrade_counts(opened: Opening, old: Old, clock: Clock) -> None:
    """One read of 0.1.0 lacked the binding, a read ten seconds later lacks it too: somebody took it out."""
    world = opened()
    clock.advance(10)
    world.reconciler.subject(f"binding:{RESOURCE}")

    assert states(world, old)["doubted"] == ["revoked"]


def test_what_was_taken_out_by_hand_during_the_upgrade_stays_out(opened: Opening, old: Old, wire: Watched) -> None:
    old.google.edit(RESOURCE, lambda policy: policy.update(bindings=[]))
    world = opened()
    world.passes(60)

    assert states(world, old)["active"] == ["revoked"]
    assert not wire.access(ALICE)
    assert states(world, old)["replaced"] == ["revoked", "revoked"]
    assert not wire.access(CAROL)


class Killed(BaseException):
    """The process ends here."""


ON_FILES = pytest.mark.parametrize("old", ["sqlite"], indirect=True)
ON_DATABASES = pytest.mark.parametrize("old", ["firestore"], indirect=True)


@ON_FILES
def test_an_upgrade_of_a_file_that_is_killed_anywhere_has_done_nothing(
    opened: Opening, old: Old, wire: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = schema._MIGRATIONS[1]

    def dies(_: object) -> None:
        raise Killed

    for count in range(len(steps) + 1):
        with monkeypatch.context() as patched:
            patched.setitem(schema._MIGRATIONS, 1, (*steps[:count], dies))
            with pytest.raises(Killed):
                opened()
    goes_on(opened(), old, wire)


@ON_DATABASES
def test_an_upgrade_of_a_database_that_is_killed_anywhere_goes_on_where_it_was(
    opened: Opening, old: Old, wire: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before and after its first commit, then the second, and so on; nobody writes IAM before its end."""
    commit = Database.commit

    class Dying:
        """Dies at the commit after so many, before it or after it."""

        def __init__(self, left: int, *, after: bool) -> None:
            self.left, self.after = left, after

        def commit(self, database: Database, *given: Any, **more: Any) -> None:
            self.left -= 1
            if self.left >= 0 or self.after:
                commit(database, *given, **more)
            if self.left < 0:
                raise Killed

    def killed(dying: Dying) -> bool:
        def commits(database: Database, *given: Any, **more: Any) -> None:
            dying.commit(database, *given, **more)

        with monkeypatch.context() as patched:
            patched.setattr(Database, "commit", commits)
            try:
                opened()
            except Killed:
                return True
        return False

    deaths = 0
    while killed(Dying(deaths // 2, after=bool(deaths % 2))):
        deaths += 1
        assert wire.sent == 0
    # The fences, people's ledgers, their requests, and the word that all of it is done.
    assert deaths >= 6
    goes_on(opened(), old, wire)


@ON_DATABASES
def test_two_processes_upgrade_a_database_at_the_same_time(
    opened: Opening, old: Old, wire: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one does all of it just before each of our steps."""
    fold = upgrades._fold

    def after_another(database: Database, path: str) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(upgrades, "_fold", fold)
            with closing(old.place.open()) as other:
                other.installation()
        fold(database, path)

    monkeypatch.setattr(upgrades, "_fold", after_another)
    world = opened()
    monkeypatch.setattr(upgrades, "_fold", fold)
    goes_on(world, old, wire)
