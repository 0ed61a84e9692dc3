"""Work that knows no time limit of its own, such as finding an address: whoever waits for it has one."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Aside(Generic[Result]):
    """Runs work in threads of its own, once at a time for each key: what hangs holds one thread for its key."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._running: dict[Hashable, Future[Result]] = {}

    def get(self, key: Hashable, work: Callable[[], Result], *, timeout: float) -> Result:
        """Return what the work gives, whoever began it.

        Raises what it raises, `TimeoutError`, or `OSError` where there is no thread for it.
        """
        return self.begun(key, work).result(timeout)

    def begun(self, key: Hashable, work: Callable[[], Result]) -> "Future[Result]":
        """Return what the work will give, whoever began it. Raises `OSError` where there is no thread for it."""
        with self._lock:
            return self._running.get(key) or self._begin(key, work)

    def _begin(self, key: Hashable, work: Callable[[], Result]) -> "Future[Result]":
        running: Future[Result] = Future()
        # One of those who wait may go; the others still want it.
        running.set_running_or_notify_cancel()
        thread = threading.Thread(target=self._run, args=(key, work, running), name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise OSError(f"there is no thread for the {self._name}: {error}") from error
        # The thread needs the lock to take it out again.
        self._running[key] = running
        return running

    def _run(self, key: Hashable, work: Callable[[], Result], running: "Future[Result]") -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - whoever waits is told
            self._forget(key)
            running.set_exception(error)
        else:
            self._forget(key)
            running.set_result(result)

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            del self._running[key]
