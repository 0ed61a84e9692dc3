"""Marks are forgotten some time after they are needed, and never before."""

from datetime import timedelta
from pathlib import Path

import msgspec

from approvals.backends.stores.sqlite.store import open_sqlite
from approvals.changes import Mark
from approvals.reconcile.sweeping import BATCH, MARGIN, Sweeping
from tests.support.builders import NOW, filed
from tests.support.doubles import Clock


def test_nothing_is_forgotten_that_a_slow_clock_may_still_ask_for(tmp_path: Path) -> None:
    store, clock = open_sqlite(tmp_path / "s.db", now=NOW), Clock()
    store.create(msgspec.structs.replace(filed(), marks=(Mark(name="m", until=NOW),)), key="k")
    sweeping = Sweeping(store=store, clock=clock)

    clock.advance(MARGIN.total_seconds())
    assert (sweeping(), store.mark("m")) == (False, b"")

    clock.advance(1)
    assert (sweeping(), store.mark("m")) == (False, None)
    store.close()


def test_one_call_forgets_a_batch_and_says_that_there_is_more(tmp_path: Path) -> None:
    store, clock = open_sqlite(tmp_path / "s.db", now=NOW), Clock(NOW + timedelta(days=1))
    marks = tuple(Mark(name=str(number), until=NOW) for number in range(BATCH + 1))
    store.create(msgspec.structs.replace(filed(), marks=marks), key="k")
    sweeping = Sweeping(store=store, clock=clock)

    assert [sweeping(), sweeping(), sweeping()] == [True, False, False]
    assert not [mark.name for mark in marks if store.mark(mark.name) is not None]
    store.close()
