"""Anchoring: what becomes of requests is noted in the installation's chain, in batches, after the clicks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from approvals.auditing.audits import BATCH, Audited, anchor
from approvals.ports.store import Work
from approvals.reconcile.runner import LEASE

SUBJECT = "anchor:requests"
_REST = timedelta(seconds=10)
"""What is left of a lease when the last batch begins."""


class AnchorStore(Audited, Work, Protocol):
    """The part of a store that anchoring needs."""


class Anchors:
    """Anchors what is not anchored yet, unless another process is at it. `owner` names this process uniquely."""

    def __init__(self, *, store: AnchorStore, clock: Callable[[], datetime], owner: str) -> None:
        self._store = store
        self._clock = clock
        self._owner = owner

    def __call__(self) -> bool:
        """Write batches for as long as a lease allows; say whether there is more. Raises what the store does."""
        if not self._store.unanchored(limit=1):
            return False
        now = self._clock()
        lease = self._store.lease(SUBJECT, owner=self._owner, now=now, until=now + LEASE)
        if lease is None:
            return False
        try:
            while anchor(self._store, now=self._clock()) == BATCH:
                if self._clock() > lease.until - _REST:
                    return True
        finally:
            self._store.release(lease, due=None)
        return False
