"""A background over a real store, with workers that do what a test says."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from approvals.backends.stores.sqlite import SqliteStore, open_sqlite
from approvals.ports.store import Lease
from approvals.reconcile.runner import Reconciler
from approvals.refusals.errors import Unavailable
from bot.background import Background
from bot.lanes import Work
from bot.policy_file import PolicyFile
from tests.support.running import POLICY

SOON = 60.0


def now() -> datetime:
    return datetime.now(UTC)


class Worker:
    """Notes the subjects that it was given, and does with each what the test says."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.does: Callable[[str], datetime | None] = lambda _: None
        self._changed = threading.Condition()

    def __call__(self, lease: Lease) -> datetime | None:
        due = self.does(lease.subject)
        with self._changed:
            self.seen.append(lease.subject)
            self._changed.notify_all()
        return due

    def wait(self, count: int) -> list[str]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, timeout=SOON), self.seen
            return list(self.seen)


class Bench:
    """A background over a real store, with one worker of the test's."""

    def __init__(self, folder: Path) -> None:
        self.policy_file = folder / "policy.yaml"
        self.policy_file.write_text(POLICY)
        self.store: SqliteStore = open_sqlite(folder / "countersign.db", now=now())
        self.worker = Worker()
        self.policy = PolicyFile(self.policy_file, store=self.store, clock=now)
        self.flaky = Flaky(store=self.store, workers={"it": self.worker}, clock=now, owner="test")
        self.background = Background(self.work(), self.policy, clock=now)

    def work(self, *chores: Callable[[], bool]) -> Callable[[], Work]:
        """What makes the work of this bench, with these chores beside it."""
        return lambda: Work(self.flaky, chores=chores)

    def held(self, seconds: float) -> Background:
        """Another background, which waits so long for the first answer."""
        return Background(self.work(), self.policy, clock=now, hold=seconds)

    def due(self, subject: str, *, seconds: float = 0.0) -> None:
        self.store.wake(subject, due=now() + timedelta(seconds=seconds))


class Flaky(Reconciler):
    """The reconciler, of which single calls fail."""

    passes = fail_due = fail_subject = 0

    def waiting(self) -> Mapping[str, Sequence[str] | None]:
        self.passes += 1
        if self.fail_due:
            self.fail_due -= 1
            raise Unavailable("the store is away")
        return super().waiting()

    def subject(self, subject: str) -> datetime | None:
        if self.fail_subject:
            self.fail_subject -= 1
            raise Unavailable("no lease to be had")
        return super().subject(subject)
