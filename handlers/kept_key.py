"""A key of this installation's own that lies in the store, for whoever answers next may be another instance.

It proves that something was made here and is nobody's credential by itself.
"""

import hmac
import secrets
import time

import msgspec

from approvals.ports.store import Memory
from countersign_client.jws import base64url

_LEAST = 32  # bytes of a key, as many as the code has
_REMEMBERED = 60.0
"""Seconds for which the key is not read anew."""


class KeptKey:
    """Makes and checks codes (HMAC-SHA-256, in base64url) over what is said to it."""

    def __init__(self, memory: Memory, name: str) -> None:
        """`name` is what the key is kept under; it is made when it is first needed."""
        self._memory = memory
        self._name = name
        self._known: tuple[float, hmac.HMAC] | None = None

    def mac(self, *said: str | int) -> str:
        """The code over all of this, in this order."""
        return _mac(self._key(), said)

    def fits(self, mac: str, *said: str | int) -> bool:
        """Whether a code, which is ASCII, is the one over all of this."""
        if hmac.compare_digest(_mac(self._key(), said), mac):
            return True
        # Another instance may have made the key anew.
        return hmac.compare_digest(_mac(self._key(fresh=True), said), mac)

    def _key(self, *, fresh: bool = False) -> hmac.HMAC:
        known = self._known
        if known is not None and not fresh and time.monotonic() - known[0] < _REMEMBERED:
            return known[1]
        if not self._memory.recall(self._name):
            self._memory.remember(self._name, secrets.token_hex(32))
        # Read again: of several that make one at once the last one's holds.
        key = _keyed(bytes.fromhex(self._memory.recall(self._name) or ""))
        self._known = (time.monotonic(), key)
        return key


def _keyed(key: bytes) -> hmac.HMAC:
    """The beginning of every code by this key."""
    if len(key) < _LEAST:
        raise ValueError("a key that everybody could guess")
    return hmac.new(key, digestmod="sha256")


def _mac(key: hmac.HMAC, said: tuple[str | int, ...]) -> str:
    code = key.copy()
    code.update(msgspec.json.encode(said))
    return base64url(code.digest())
