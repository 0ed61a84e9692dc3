"""IAP's sessions: who is signed in by which cookie, and which sign-ins are on their way."""

import math
import secrets
import threading
from collections.abc import Callable

from sandbox.iap.accounts import Account
from sandbox.world import Record

EXTERNAL_LIFE = 3600
"""Seconds for which an external identity is signed in. Google's accounts stay so until they sign out."""

_PATIENCE = 600
"""Seconds that a sign-in may take."""


class Begun(Record, frozen=True):
    """A sign-in on its way: where the person wanted to go, and the nonce of the browser that began it."""

    target: str
    nonce: str
    until: float


class Sessions:
    """Signed-in browsers by their cookie."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, tuple[Account, float]] = {}
        self._begun: dict[str, Begun] = {}

    def begin(self, target: str) -> tuple[str, str]:
        """Remember where a person wanted to go; return the `state` of the sign-in and the browser's nonce."""
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(12)
        now = self._clock()
        with self._lock:
            self._begun = {key: one for key, one in self._begun.items() if one.until > now}
            self._begun[state] = Begun(target=target, nonce=nonce, until=now + _PATIENCE)
        return state, nonce

    def finish(self, state: str, nonce: str) -> str | None:
        """Where the person wanted to go, once; None for a sign-in that this browser did not begin."""
        with self._lock:
            begun = self._begun.pop(state, None)
        return begun.target if begun and begun.nonce == nonce and begun.until > self._clock() else None

    def open(self, account: Account) -> str:
        """Sign an account in and return the cookie's value."""
        cookie = secrets.token_urlsafe(32)
        with self._lock:
            self._held[cookie] = (account, self._clock())
        return cookie

    def account(self, cookie: str, *, longest: float | None = None) -> Account | None:
        """Who signed in by a cookie, `longest` seconds ago at most."""
        with self._lock:
            account, since = self._held.get(cookie, (None, 0.0))
        if account is None:
            return None
        limits = (longest, EXTERNAL_LIFE if account.is_external else None)
        life = min((seconds for seconds in limits if seconds is not None), default=math.inf)
        return account if self._clock() < since + life else None

    def close(self, cookie: str) -> None:
        """Forget a cookie."""
        with self._lock:
            self._held.pop(cookie, None)

    def expire(self, email: str) -> None:
        """End every session of an account, as when it is suspended or signs out at Google."""
        with self._lock:
            self._held = {key: one for key, one in self._held.items() if one[0].email != email}
