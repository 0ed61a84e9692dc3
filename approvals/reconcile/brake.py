"""What is due again at once, again and again, though nothing comes of it, is put off: that is a defect of ours.

It must not take all of a processor and of a quota until somebody looks. A process knows it for itself, and forgets
it when it ends: that costs a few runs.
"""

import logging
import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import msgspec

from approvals.ports.store import Lease
from approvals.reconcile.backoff import backoff

LONGEST = 60.0
"""Seconds for which a subject is put off at most. A wake brings it up at once all the same."""

ENDING = 1.0
"""The same while it has access to take away."""

FREE = 2
"""Runs that may follow one another at once though nothing was recorded by the one before."""

ENDLESS = 100
"""The same where each recorded something: no work has so many steps, each within a moment."""

CUT_OFF = timedelta(seconds=10)
"""Whoever worked for so long had no time left under the lease, and goes on."""

_AT_ONCE = timedelta(milliseconds=50)
_MANY = 1000
_log = logging.getLogger(__name__)


class _Row(msgspec.Struct):
    """Runs in a row after which a subject was due at once. `idle`: so many of them found the record as it was."""

    body: bytes
    runs: int = 0
    idle: int = 0
    put_off: bool = False


class Brake:
    """Of all subjects. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, _Row] = {}

    @property
    def stuck(self) -> Collection[str]:
        """The subjects that are put off."""
        with self._lock:
            return [subject for subject, row in self._rows.items() if row.put_off]

    def again(
        self,
        lease: Lease,
        due: datetime | None,
        *,
        began: datetime,
        now: datetime,
        ends: Callable[[datetime], datetime | None],
    ) -> datetime | None:
        """When a subject is due that was worked on from `began` until now: at `due`, or once its pause is over.

        `lease` is the one that the run began with. `ends` is asked of what is put off, when it has access to take
        away. It is logged once, until the subject goes on.
        """
        with self._lock:
            if due is None or due > now + _AT_ONCE or now - began >= CUT_OFF:
                self._rows.pop(lease.subject, None)
                return due
            row = self._row(lease)
        over = max(row.idle - FREE + 1, row.runs - ENDLESS)
        if over <= 0:
            return due
        if not row.put_off:
            _log.warning(
                "%s is due again at once, again and again, and nothing comes of it: a defect, please report it; "
                "it is looked at more and more rarely, at least once a minute",
                lease.subject,
            )
        row.put_off = True
        return _pause(over, now=now, end=ends(now))

    def _row(self, lease: Lease) -> _Row:
        if len(self._rows) >= _MANY:
            self._rows.clear()  # of what others went on with
        row = self._rows.setdefault(lease.subject, _Row(lease.body, idle=-1))
        row.idle = row.idle + 1 if row.body == lease.body else 0
        row.body, row.runs = lease.body, row.runs + 1
        return row


def _pause(over: int, *, now: datetime, end: datetime | None) -> datetime:
    """Access ends in its time whatever else is wrong there."""
    taking_away = end is not None and end <= now
    again = now + backoff(over, cap=ENDING if taking_away else LONGEST)
    return again if end is None or taking_away else min(again, end)
