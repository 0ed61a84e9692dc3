"""When the worker threads look again: at what is due, and at nothing that another process has settled."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.backends.stores.sqlite import SqliteStore, open_sqlite
from approvals.ids import request_subject
from approvals.ports.store import Lease
from approvals.reconcile.runner import Reconciler
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from bot import background
from bot.background import Background
from bot.lanes import Work
from bot.policy_file import PolicyFile
from tests.support.builders import filed
from tests.support.running import POLICY, PROD

SOON = 60.0


def now() -> datetime:
    return datetime.now(UTC)


class Counted:
    """A store of which the looks at what is due are counted."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.looks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def due(self, **asked: Any) -> Sequence[str]:
        self.looks += 1
        return self._store.due(**asked)


class Seen:
    """A worker that notes its subjects and asks to look again after `again` seconds."""

    def __init__(self, *, again: float | None = None) -> None:
        self.subjects: list[str] = []
        self._again = again

    def __call__(self, lease: Lease) -> datetime | None:
        self.subjects.append(lease.subject)
        return None if self._again is None else now() + timedelta(seconds=self._again)

    def wait(self, count: int) -> None:
        end = time.monotonic() + SOON
        while len(self.subjects) < count:
            assert time.monotonic() < end, self.subjects
            time.sleep(0.01)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(open_sqlite(tmp_path / "countersign.db", now=now())) as made:
        yield made


@pytest.fixture
def policy(tmp_path: Path, store: SqliteStore) -> PolicyFile:
    (tmp_path / "policy.yaml").write_text(POLICY)
    made = PolicyFile(tmp_path / "policy.yaml", store=store, clock=now)
    made.record()
    return made


def test_what_another_process_settled_is_not_looked_for_again_and_again(
    store: SqliteStore, policy: PolicyFile
) -> None:
    counted, seen = Counted(store), Seen(again=0.3)
    mine = background_of(counted, seen, policy)
    other = Reconciler(store=store, workers={"request": Seen()}, clock=now, owner="other")
    store.wake("request:r-0000000001", due=now())
    mine.start()
    try:
        seen.wait(1)
        while other.subject("request:r-0000000001") is not None or store.due(now=now() + timedelta(1), limit=1):
            time.sleep(0.01)
        time.sleep(0.5)
        looks = counted.looks
        time.sleep(1.0)
        assert counted.looks - looks < 5
    finally:
        mine.stop()


def background_of(store: Any, worker: Seen, policy: PolicyFile) -> Background:
    reconciler = Reconciler(store=store, workers={"request": worker}, clock=now, owner="mine")
    return Background(lambda: Work(reconciler), policy, clock=now)


def test_an_edit_of_the_policy_brings_every_waiting_request_up(
    store: SqliteStore, policy: PolicyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "POLICY", 0.02)
    ids = ["r-0000000001", "r-0000000002"]
    for request_id in ids:
        store.create(filed(request_id), key=request_id)
    seen = Seen()
    mine = background_of(store, seen, policy)
    mine.start()
    try:
        assert PROD in POLICY
        (tmp_path / "policy.yaml").write_text(POLICY.replace(PROD, "projects/shop-other"))
        seen.wait(2)
    finally:
        mine.stop()

    assert sorted(seen.subjects) == [request_subject(request_id) for request_id in ids]


def test_an_edit_while_nothing_ran_brings_them_up_at_the_start(
    store: SqliteStore, policy: PolicyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "POLICY", 0.02)
    store.create(filed("r-0000000001"), key="k")
    (tmp_path / "policy.yaml").write_text(POLICY.replace(PROD, "projects/shop-other"))
    started = PolicyFile(tmp_path / "policy.yaml", store=store, clock=now)
    assert started.current().digest != policy.current().digest
    seen = Seen()
    mine = background_of(store, seen, started)
    mine.start()
    try:
        seen.wait(1)
    finally:
        mine.stop()

    assert seen.subjects == [request_subject("r-0000000001")]


def test_an_edit_that_nobody_could_be_told_of_is_told_later(
    store: SqliteStore, policy: PolicyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(Counted):
        """A store that is out of reach when it is first asked what waits."""

        asked = 0

        def pending(self, *, limit: int) -> Sequence[Request]:
            self.asked += 1
            if self.asked == 1:
                raise Unavailable("the store is away")
            return store.pending(limit=limit)

    monkeypatch.setattr(background, "POLICY", 0.02)
    store.create(filed("r-0000000001"), key="k")
    away, seen = Away(store), Seen()
    mine = background_of(away, seen, policy)
    mine.start()
    try:
        (tmp_path / "policy.yaml").write_text(POLICY.replace(PROD, "projects/shop-other"))
        seen.wait(1)
    finally:
        mine.stop()

    assert away.asked == 2
