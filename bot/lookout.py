"""What the policy names outside is looked for when it may have changed, beside everything else."""

import itertools
import logging
import threading
from collections.abc import Callable

from approvals.reconcile.backoff import backoff
from approvals.refusals.errors import Unavailable

_log = logging.getLogger("countersign")


class Lookout:
    """Calls `look` at the start, after `hold` seconds, and again whenever it is told to; until it was answered."""

    def __init__(self, look: Callable[[], object], *, hold: float) -> None:
        self._look = look
        self._hold = hold
        self._wanted = threading.Event()
        self._stopping = threading.Event()

    def start(self) -> None:
        self._wanted.set()
        # Nobody waits for it in the end: a look changes nothing.
        threading.Thread(target=self._run, name="lookout", daemon=True).start()

    def again(self) -> None:
        """Look once more. Never blocks and never raises."""
        self._wanted.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wanted.set()

    def _run(self) -> None:
        self._stopping.wait(self._hold)
        while not self._stopping.is_set():
            self._wanted.wait()
            self._wanted.clear()
            self._until_answered()

    def _until_answered(self) -> None:
        for tries in itertools.count(1):
            wait = backoff(tries, cap=60.0).total_seconds()
            try:
                if not self._stopping.is_set():
                    self._look()
            except Unavailable as error:
                wait = max(wait, error.retry_after)
                _log.warning("not there yet: %s", error)
            except Exception:  # noqa: BLE001 - whatever it is, it must not end the looking for good
                _log.exception("a look outside failed")
            else:
                return
            self._stopping.wait(wait)
