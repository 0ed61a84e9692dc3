"""What is looked at in the store now and then: work that waits for too long, access that should be gone."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from approvals.ports.store import Store
from approvals.requests import Request

OLDEST, OVERDUE = "countersign.work.oldest_due", "countersign.grants.overdue"
READ: Mapping[str, tuple[str, str]] = {
    OLDEST: ("s", "Seconds that the work which is longest due has been due; 0 where none is."),
    OVERDUE: ("{grant}", "Grants whose end is over by more than a minute, and which are not confirmed removed."),
}
"""What is read, with its unit and description. Of `1` Prometheus would make a ratio, under a name that says so."""

EVERY = timedelta(minutes=5)
"""How often open grants are counted at most: each is a document that is read."""

LATE = timedelta(minutes=1)
_PAGE = 200


class Gauges:
    """Reads them when the libraries ask, in a thread of theirs."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._counted: tuple[datetime, int] | None = None

    def oldest(self) -> float:
        """Raises what the store does."""
        now = self._clock()
        due = self._store.oldest_due(now=now)
        return 0.0 if due is None else max(0.0, (now - due).total_seconds())

    def overdue(self) -> int:
        """Raises what the store does."""
        now = self._clock()
        if self._counted is None or now - self._counted[0] >= EVERY:
            self._counted = (now, sum(_overdue(each, now) for each in self._open()))
        return self._counted[1]

    def _open(self) -> Iterator[Request]:
        after = ""
        while accounts := self._store.accounts(after=after, limit=_PAGE):
            for account in accounts:
                yield from self._store.open_by(account)
            after = accounts[-1]


def _overdue(request: Request, now: datetime) -> int:
    return sum(not grant.removed and grant.window.end + LATE < now for grant in request.grants)
