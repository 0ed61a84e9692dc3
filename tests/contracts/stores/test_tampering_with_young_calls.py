"""Somebody sets a window back and takes away the calls that it counted since: until when nobody misses them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from approvals.auditing.audits import Inspection, anchor
from approvals.requests import Request
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct
from tests.support.tool_callers import Call, ToolCallers
from tests.support.world import World


class Young(NamedTuple):
    """A window of three calls in a file, of which the first was approved; and the file as it was then."""

    world: World
    callers: ToolCallers
    opener: Request
    before: Path

    def taken(self, number: int) -> Request:
        """Its next call."""
        call = self.callers.ask(Call(number=number))
        assert call.terms.within is not None
        assert call.terms.within.request == self.opener.id
        return call

    def anchored(self) -> None:
        while anchor(self.world.store, now=self.world.clock()):
            pass

    def faults(self) -> dict[str, str]:
        return {each.chain: each.text for each in Inspection(self.world.store).faults()}

    def not_anchored(self) -> int:
        inspection = Inspection(self.world.store)
        list(inspection.faults())
        return inspection.young


@pytest.fixture
def young(tmp_path: Path) -> Iterator[Young]:
    with closing(World(tmp_path, granter=Wire(direct(google_with())))) as world:
        callers = ToolCallers(world)
        opener = callers.ask(Call(number=1))
        callers.approve(opener)
        made = Young(world, callers, opener, tmp_path / "before.db")
        made.anchored()
        _copy(tmp_path / "store.db", made.before)
        yield made


def _copy(store: Path, to: Path) -> None:
    with closing(sqlite3.connect(store)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)


def set_back(young: Young, *, record: bool = True, chain: bool = True) -> None:
    """Give the window the record and the chain that it had before its calls were taken."""
    changes = []
    if record:
        changes.append("REPLACE INTO requests SELECT * FROM before.requests WHERE id = :opener")
    if chain:
        changes.append(
            "DELETE FROM audit WHERE chain = :opener"
            " AND seq > (SELECT max(seq) FROM before.audit WHERE chain = :opener)"
        )
    _written(young, *changes)


def take_away(young: Young, *calls: Request) -> None:
    """Leave nothing of a call."""
    for each in calls:
        _written(
            young,
            f"DELETE FROM audit WHERE chain = '{each.id}'",
            *(f"DELETE FROM {table} WHERE request = '{each.id}'" for table in ("filings", "filers", "reviews")),
            f"DELETE FROM requests WHERE id = '{each.id}'",
        )


def _written(young: Young, *statements: str) -> None:
    store = young.before.with_name("store.db")
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.executescript("DROP TRIGGER IF EXISTS audit_stays; DROP TRIGGER IF EXISTS audit_kept;")
        connection.execute("ATTACH DATABASE ? AS before", (str(young.before),))
        for each in statements:
            connection.execute(each, {"opener": young.opener.id} if ":opener" in each else {})


class Tampered(NamedTuple):
    """Which calls are gone, what of the window is as before, and whose chain is named."""

    gone: tuple[str, ...]
    record: bool
    chain: bool
    named: str


SEEN = {
    "a call alone": Tampered(("one",), record=False, chain=False, named="one"),
    "the last call alone": Tampered(("two",), record=False, chain=False, named="two"),
    "both, and the record of the window": Tampered(("one", "two"), record=True, chain=False, named="opener"),
    "both, and the chain of the window": Tampered(("one", "two"), record=False, chain=True, named="opener"),
    "the first, and the window": Tampered(("one",), record=True, chain=True, named="two"),
    "the window alone": Tampered((), record=True, chain=True, named="one"),
}


@pytest.mark.parametrize("what", SEEN)
def test_what_is_taken_away_without_all_that_counts_it_is_missed_at_once(young: Young, what: str) -> None:
    calls = {"one": young.taken(2), "two": young.taken(3)}
    tampered = SEEN[what]
    take_away(young, *(calls[each] for each in tampered.gone))
    set_back(young, record=tampered.record, chain=tampered.chain)

    assert {**calls, "opener": young.opener}[tampered.named].id in young.faults()


def test_the_last_calls_with_all_that_counts_them_are_missed_by_nobody_before_they_are_anchored(
    young: Young,
) -> None:
    """Nothing can: whoever writes the store could as well have kept them from being written."""
    one, two = young.taken(2), young.taken(3)
    assert young.not_anchored() == 3
    take_away(young, one, two)
    set_back(young)

    assert young.faults() == {}


@pytest.mark.parametrize("number", [1, 2])
def test_once_one_of_them_is_anchored_the_window_and_it_are_missed(young: Young, number: int) -> None:
    one = young.taken(2)
    if number == 1:
        young.anchored()
    two = young.taken(3)
    if number == 2:
        young.anchored()
    take_away(young, one, two)
    set_back(young)

    found = young.faults()
    assert found.keys() == ({young.opener.id, one.id} if number == 1 else {young.opener.id, one.id, two.id})
    assert "written anew" in found[young.opener.id]
    assert "missing: the installation's chain knew it" in found[one.id]
