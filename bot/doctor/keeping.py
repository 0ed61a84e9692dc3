"""The store, opened once for every part that asks it, and never made or brought up to this release here."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from approvals.backends.stores.errors import StoreError
from approvals.ids import event_chain
from approvals.ports.examining import Diagnosis, found
from approvals.ports.store import Store, StoredPolicy
from approvals.reconcile.eventing import AGAIN, Told, told
from approvals.refusals.errors import CountersignError
from bot import stores
from bot.store_urls import SqliteUrl, StoreUrl

PART = "store"

CHAINS = 100
"""Chains that are looked at: each is a record that is read."""


class Keeping:
    """What the store of some settings says, where there is one."""

    def __init__(self, url: StoreUrl, *, emulator_host: str | None, clock: Callable[[], datetime]) -> None:
        self._url = url
        self._host = emulator_host
        self._clock = clock
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._error: CountersignError | None = None

    def examine(self, *, timeout: float) -> Iterator[Diagnosis]:
        """Try it. A file that is not there is made by the first start, and not by whoever looks."""
        if (path := self._missing()) is None:
            yield from stores.examine(str(self._url), self._opened)
        elif path.parent.is_dir() or path.parent == stores.DATA:
            yield found(PART, "warning", "store.none", where=self._url)
        else:
            error = StoreError(f"the directory {path.parent} does not exist: make it")
            yield found(PART, "wrong", "store.broken", where=self._url, said=error)

    def in_force(self) -> StoredPolicy | None:
        """Raises what the store does."""
        return None if self._missing() else self._opened().last_good()

    def accounts(self) -> Sequence[str]:
        """Some of the accounts by which something is asked that is not over. Raises what the store does."""
        return () if self._missing() else self._opened().accounts(after="", limit=100)

    def telling(self) -> tuple[Sequence[tuple[str, Told]], bool]:
        """Chains of which something is left to tell, and how far each is told; whether there are more of them.

        Raises what the store does.
        """
        if self._missing():
            return (), False
        store = self._opened()
        due = store.due(now=self._clock() + AGAIN, limit=CHAINS + 1, kind="event")
        looked = due[:CHAINS]
        return [(event_chain(each), told(store.recorded(each))) for each in looked], len(due) > CHAINS

    @contextmanager
    def closed_afterwards(self) -> Iterator[None]:
        try:
            yield
        finally:
            if self._store is not None:
                self._store.close()

    def _missing(self) -> Path | None:
        return self._url.path if isinstance(self._url, SqliteUrl) and not self._url.path.is_file() else None

    def _opened(self) -> Store:
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._store is None:
                try:
                    self._store = stores.of_this_release(self._url, now=self._clock(), emulator_host=self._host)
                except CountersignError as error:
                    self._error = error
                    raise
            return self._store
