"""Which kinds of work a pass looks for: one question of the store where nothing waits (ADR 109)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.backends.stores.sqlite import SqliteStore, open_sqlite
from approvals.ports.store import Lease
from approvals.reconcile.runner import LEASE, Reconciler
from tests.support.builders import NOW

KINDS = ("request", "binding", "leavers")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_sqlite(tmp_path / "countersign.db", now=NOW)
    yield opened
    opened.close()


class Stands:
    """A worker that has work at all times."""

    def __call__(self, _: Lease) -> datetime | None:
        return None

    def standing(self) -> str:
        return "leavers:accounts"


def nothing(_: Lease) -> datetime | None:
    return None


def reconciler(store: Any, **workers: Any) -> Reconciler:
    given = {kind: workers.get(kind, nothing) for kind in KINDS}
    return Reconciler(store=store, workers=given, clock=lambda: NOW, owner="test")


class Asked:
    """A store that notes what it is asked of what is due."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.kinds: list[str] = []

    def due(self, *, now: datetime, limit: int, kind: str = "") -> Sequence[str]:
        self.kinds.append(kind)
        return self._store.due(now=now, limit=limit, kind=kind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_where_nothing_is_due_one_question_is_asked(store: SqliteStore) -> None:
    asked = Asked(store)

    assert list(reconciler(asked).waiting()) == []
    assert asked.kinds == [""]


def test_what_is_due_later_or_held_waits_for_nobody(store: SqliteStore) -> None:
    store.wake("request:r-1", due=NOW + timedelta(seconds=1))
    store.wake("binding:projects/p", due=NOW)
    store.lease("binding:projects/p", owner="another", now=NOW, until=NOW + LEASE)

    assert list(reconciler(store).waiting()) == []


def test_the_kinds_of_what_is_due_are_looked_for(store: SqliteStore) -> None:
    store.wake("request:r-1", due=NOW)
    store.wake("request:r-2", due=NOW)

    assert set(reconciler(store).waiting()) == {"request"}


def test_what_is_known_to_be_due_is_not_asked_for_again(store: SqliteStore) -> None:
    asked = Asked(store)
    store.wake("binding:projects/p", due=NOW)
    one = reconciler(asked)
    waiting = one.waiting()

    assert waiting == {"binding": ("binding:projects/p",)}
    assert one.next(kind="binding", running=(), limit=8, each=4, waiting=waiting["binding"]) == [
        "binding:projects/p"
    ]
    assert (
        one.next(kind="binding", running=["binding:projects/p"], limit=8, each=4, waiting=waiting["binding"]) == []
    )
    assert asked.kinds == [""]


def test_where_one_question_does_not_tell_all_each_kind_is_asked_for(store: SqliteStore) -> None:
    for number in range(60):
        store.wake(f"request:r-{number}", due=NOW)
    one = reconciler(store)

    assert one.waiting()["binding"] is None
    assert one.next(kind="binding", running=(), limit=8, each=4, waiting=None) == []


def test_what_nothing_wakes_is_due_from_the_first_time_on(store: SqliteStore) -> None:
    assert set(reconciler(store, leavers=Stands()).waiting()) == {"leavers"}


def test_much_of_one_kind_hides_no_other(store: SqliteStore) -> None:
    for number in range(60):
        store.wake(f"request:r-{number}", due=NOW - timedelta(minutes=1))
    store.wake("binding:projects/p", due=NOW)

    assert set(reconciler(store).waiting()) >= {"request", "binding"}
