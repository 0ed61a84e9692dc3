"""The one place where a person's change is written, and what it made due is woken."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from approvals.changes import Change
from approvals.freezes.frozen import Freeze
from approvals.ports.store import Requests
from approvals.refusals.errors import Late
from approvals.requests import Request

Stored = TypeVar("Stored")
With = Callable[[Change], Change]
"""What puts something beside a change that is kept with it."""


class Commits:
    """Writes changes. `woken` is told which subjects a commit made due; it must not raise or block."""

    def __init__(self, *, store: Requests, freeze: Freeze, woken: Callable[[Sequence[str]], None]) -> None:
        self._store = store
        self._freeze = freeze
        self._woken = woken

    def create(
        self, change: Change, *, key: str, older: Change | None = None, beside: With | None = None
    ) -> Request:
        """Keep a new request; return the one that its key made first.

        Raises what the store's `create` does, and what `beside` does.
        """
        change = beside(change) if beside is not None else change
        wake = change.wake + (older.wake if older is not None else ())
        return self._kept(wake, partial(self._store.create, change, key=key, older=older))

    def commit(self, change: Change, *, beside: With | None = None) -> Request:
        """Keep what a request has become, and return it. Raises what the store's `commit` does, and `beside`."""
        change = beside(change) if beside is not None else change
        self._kept(change.wake, partial(self._store.commit, change))
        return change.request

    def _kept(self, wake: Sequence[str], write: Callable[[], Stored]) -> Stored:
        """Write a change and wake what it made due, also where it is kept after its person was told."""
        try:
            stored = self._freeze.kept(write)
        except Late as late:
            late.when_kept(lambda: self._woken(wake))
            raise
        self._woken(wake)
        return stored
