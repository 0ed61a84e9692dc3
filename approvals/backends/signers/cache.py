"""Keys that are kept elsewhere, held here: no click waits for them unless it names one that nobody has seen."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from approvals.backends.signers.keyset import KeysError
from approvals.refusals.errors import Unavailable

FRESH = 300.0
"""Seconds after which keys are read again, beside whoever uses them."""

PAUSE = 30.0
"""Seconds between two readings because of a key that is not known."""

RETRY = 5.0
"""Seconds after a reading that failed."""

_log = logging.getLogger(__name__)


class Named(Protocol):
    @property
    def kid(self) -> str: ...


T = TypeVar("T", bound=Named)


class KeyCache(Generic[T]):
    """What `read` returned last. It stays when a later reading fails, for as long as this process lives.

    `read` raises `KeysError` or `Unavailable`; `clock` counts seconds.
    """

    def __init__(self, read: Callable[[], tuple[T, ...]], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: tuple[T, ...] = ()
        self._stale_at = 0.0
        self._not_before = 0.0
        self._trouble = ""

    def all(self) -> tuple[T, ...]:
        """Return the keys, read now only if they never were. Raises `Unavailable`."""
        if not self._keys:
            self._read_unless(lambda: bool(self._keys))
        elif self._clock() >= self._stale_at:
            self._stale_at = self._clock() + RETRY
            threading.Thread(target=self._read_aside, name="keys", daemon=True).start()
        return self._keys

    def find(self, kid: str) -> T | None:
        """Return the key of that id, or None where it is known that there is none. Raises `Unavailable`."""
        self.all()
        if self._find(kid) is None:
            self._read_unless(lambda: self._find(kid) is not None)
        return self._find(kid)

    def check(self) -> None:
        """Read the keys now. Raises `KeysError` for what an operator must mend, or `Unavailable`."""
        with self._lock:
            self._read_now()

    def _find(self, kid: str) -> T | None:
        return next((key for key in self._keys if key.kid == kid), None)

    def _read_unless(self, done: Callable[[], bool]) -> None:
        """Read, unless somebody did meanwhile or did just before."""
        with self._lock:
            if done():
                return
            if self._clock() >= self._not_before:
                self._read_or_wait()
            elif self._trouble:
                raise Unavailable(self._trouble)

    def _read_aside(self) -> None:
        try:
            with self._lock:
                self._read_or_wait()
        except Unavailable as error:
            _log.warning("the keys that are known stay in use: %s", error)

    def _read_or_wait(self) -> None:
        try:
            self._read_now()
        except KeysError as error:
            raise Unavailable(str(error)) from error

    def _read_now(self) -> None:
        first = not self._keys
        try:
            self._keys = self._read()
        except (KeysError, Unavailable) as error:
            self._trouble, self._not_before = str(error), self._clock() + RETRY
            raise
        # The first reading was made for no key in particular.
        self._trouble, self._not_before = "", self._clock() + (0.0 if first else PAUSE)
        self._stale_at = self._clock() + FRESH
