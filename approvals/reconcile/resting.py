"""What many things are told through is left alone where it does not answer: one trial for all, and then a pause.

A process knows it for itself, and forgets it when it ends: that costs a few calls.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from approvals.ports.announcers import Message, Publish
from approvals.reconcile.backoff import backoff
from approvals.refusals.errors import NotSent, NotTaken, Unavailable

LONGEST = 60.0
"""Seconds between two trials at most."""


class Resting:
    """Publishes by what it is given. Any thread may call."""

    def __init__(self, publish: Publish, *, clock: Callable[[], datetime]) -> None:
        self._publish = publish
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._since = self._until = self._clock()

    def __call__(self, messages: Sequence[Message], *, timeout: float) -> None:
        """Publish these within so many seconds. Raises what that does.

        Raises `NotSent` without a call while it rests, or while another call is the trial after that.
        """
        failures = self._begun(timeout)
        try:
            self._publish(messages, timeout=timeout)
        except NotTaken:
            self._answered()  # whoever refuses something is there
            raise
        except Exception as error:
            self._failed(failures, error)
            raise
        self._answered()

    def _begun(self, timeout: float) -> int:
        now = self._clock()
        with self._lock:
            # A clock that was set back makes no pause longer.
            if self._since <= now < self._until:
                wait = (self._until - now).total_seconds()
                raise NotSent(f"it did not answer, and is tried again in {wait:.1f} s", retry_after=wait)
            if self._failures:
                # A trial that never comes back is over with its time.
                self._since, self._until = now, now + timedelta(seconds=timeout)
            return self._failures

    def _failed(self, failures: int, error: Exception) -> None:
        asked = timedelta(seconds=error.retry_after if isinstance(error, Unavailable) else 0.0)
        with self._lock:
            if failures != self._failures:
                return  # others that were under way at the same time have failed: that is one failure
            self._failures += 1
            self._since = self._clock()
            self._until = self._since + max(backoff(self._failures, cap=LONGEST), asked)

    def _answered(self) -> None:
        with self._lock:
            self._failures, self._until = 0, self._since
