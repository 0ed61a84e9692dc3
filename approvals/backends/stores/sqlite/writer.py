"""The one thread that writes: it commits what has gathered in one transaction, and answers each caller apart."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.sqlite.files import connect, in_words
from approvals.backends.stores.sqlite.write_lock import WriteLock
from approvals.backends.stores.waiting import TimeLeft, for_good
from approvals.refusals.errors import Late, NotKept, Unavailable

Result = TypeVar("Result")
Write = Callable[[sqlite3.Connection], Result]

_BATCH = 256  # changes in one transaction at most, so that the first does not wait for an endless queue


class _Job:
    __slots__ = ("answer", "error", "result", "write")

    def __init__(self, write: Write[Any]) -> None:
        self.write = write
        self.answer: Future[Any] = Future()
        self.result: Any = None
        self.error: Exception | None = None


class Writer:
    """Runs writes one after the other in its own thread; `run` returns once the write is on the disk.

    `time_left` says how many seconds whoever calls can wait, or None where nobody waits for them.
    """

    def __init__(self, path: Path, *, time_left: TimeLeft = for_good) -> None:
        self._time_left = time_left
        self._path = path
        self._write_lock = WriteLock(path)
        self._connection = connect(path)
        # From here on waiting for other processes is the turns' business, so SQLite itself does not wait.
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._open = True
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def run(self, write: Write[Result]) -> Result:
        """Return what the write returned, once it is durable.

        Raises what the write raised (then nothing of it was kept), `StoreError` when the disk refused,
        `NotKept` when the write was not begun in time, for others held the store, and `Late` when it was
        under way.
        """
        job = _Job(write)
        with self._gate:
            if not self._open:
                raise StoreError(f"{self._path}: the store is closed")
            self._jobs.put(job)
        result: Result = self._awaited(job.answer)
        return result

    def _awaited(self, answer: Future[Any]) -> Any:
        try:
            return answer.result(self._time_left())
        except TimeoutError:
            if answer.done():
                return answer.result()
        # Taken back, unless it was begun: nothing that nobody waits for may come true later.
        if answer.cancel():
            raise NotKept(f"{self._path}: the store was held for too long by others")
        raise Late(f"{self._path}: a commit was under way for too long", when_kept=_when_kept(answer))

    def close(self) -> None:
        """Finish what was handed over, then stop."""
        with self._gate:
            if not self._open:
                return
            self._open = False
            self._jobs.put(None)
        self._thread.join()
        self._connection.close()
        self._write_lock.close()

    def _work(self) -> None:
        going = True
        while going:
            jobs, going = self._gather()
            if jobs:
                self._commit(jobs)

    def _gather(self) -> tuple[list[_Job], bool]:
        jobs = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == _BATCH:
                return jobs, True
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _commit(self, jobs: Sequence[_Job]) -> None:
        try:
            self._write_lock.begin(self._connection)
            # Those that were taken back meanwhile are left out.
            jobs = [job for job in jobs if job.answer.set_running_or_notify_cancel()]
            if not all(map(self._is_whole, jobs)):
                self._connection.execute("ROLLBACK")
                self._write_lock.begin(self._connection)
                for job in jobs:
                    self._try_apart(job)
            self._connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - no caller may be left waiting
            self._fail(jobs, error)
            return
        for job in jobs:
            if job.error is None:
                job.answer.set_result(job.result)
            else:
                job.answer.set_exception(job.error)

    def _is_whole(self, job: _Job) -> bool:
        """Run a write; say whether all or nothing of it stands in the transaction now.

        To undo one write alone SQLite would keep every page that it touches, a fifth of what a commit costs. Few
        writes are refused, and fewer once they have written.
        """
        before = self._connection.total_changes
        job.error = self._tried(job)
        return job.error is None or self._connection.total_changes == before

    def _try_apart(self, job: _Job) -> None:
        """The same for one that may have to be undone alone."""
        self._connection.execute("SAVEPOINT job")
        job.error = self._tried(job)
        if job.error is not None:
            self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")

    def _tried(self, job: _Job) -> Exception | None:
        try:
            job.result = job.write(self._connection)
        except Exception as error:
            # A full or failing disk ends the whole transaction; everything else spoils this job alone.
            if not self._connection.in_transaction or isinstance(error, sqlite3.OperationalError):
                raise
            return in_words(error, self._path) if isinstance(error, sqlite3.Error) else error
        return None

    def _fail(self, jobs: Sequence[_Job], error: BaseException) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as worse:
            error = worse
        for job in jobs:
            if job.answer.running() or job.answer.set_running_or_notify_cancel():
                job.answer.set_exception(self._own(error))

    def _own(self, error: BaseException) -> BaseException:
        """Make each caller an exception of its own: a raised one carries its caller's traceback."""
        if isinstance(error, sqlite3.Error):
            return in_words(error, self._path)
        if isinstance(error, Unavailable):
            return NotKept(str(error))
        return StoreError(f"{self._path}: the write failed: {error!r}")


def _when_kept(answer: Future[Any]) -> Callable[[Callable[[], None]], None]:
    def then(call: Callable[[], None]) -> None:
        answer.add_done_callback(lambda done: None if done.exception() else call())

    return then
