"""Public keys that somebody publishes as a JWK set (RFC 7517), fetched when they are needed, and kept."""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from approvals.refusals.errors import Unavailable
from countersign_client.jwks import verifying
from countersign_client.jws import PublicKey

FRESH = timedelta(hours=1)
"""So long a set is used without asking again."""

KEPT = timedelta(hours=24)
"""So long the last set serves where no newer one can be had."""

PAUSE = timedelta(seconds=30)
"""Between two fetches, whoever asks for whatever key: strangers can name as many as they like."""

PATIENCE = 2.0
"""Seconds for one fetch."""

LARGEST = 64 * 1024
MOST = 100
_OK = 200
_log = logging.getLogger(__name__)
_LONGEST_ID = 256

K = TypeVar("K")


class PublishedSet(Generic[K]):
    """Keys at an address, of a kind that `usable` makes. Any number of threads may ask; one of them fetches."""

    def __init__(
        self,
        url: str,
        *,
        send: Callable[..., Any],
        usable: Callable[[Mapping[str, Any]], K],
        clock: Callable[[], datetime],
        most: int = 1000,
    ) -> None:
        """`send` makes one call outside under one deadline, and raises `Unavailable` where no answer came.

        `usable` raises `ValueError` for a key that is passed over. `most` wait while there is no key at all; for
        whoever is beyond, the keys are unavailable now.
        """
        self._url = url
        self._usable = usable
        self._places = threading.BoundedSemaphore(most)
        self._send = send
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, K] = {}
        self._read: datetime | None = None
        self._tried: datetime | None = None

    def find(self, kid: str) -> K | None:
        """The key of this id; None where none is published. Raises `Unavailable` where no keys can be had."""
        if self._wants(kid):
            self._fetch_once(kid)
        if self._age() > KEPT:
            raise Unavailable(f"no keys could be had from {self._url}")
        return self._keys.get(kid)

    def find_surely(self, kid: str) -> K | None:
        """As `find`. Raises `Unavailable` also where the keys that were read last lack it, and none newer can be
        read yet: whoever answers for good must not take a key that is new for one of nobody's.
        """
        asked = self._clock()
        key = self.find(kid)
        if key is None and self._read is not None and self._read < asked:
            raise Unavailable(f"whether {self._url} has a new key is not known yet")
        return key

    def require(self) -> None:
        """Raise `Unavailable` where no keys can be had."""
        self.find("")

    def _age(self) -> timedelta:
        return timedelta.max if self._read is None else abs(self._clock() - self._read)

    def _wants(self, kid: str) -> bool:
        rested = self._tried is None or abs(self._clock() - self._tried) >= PAUSE
        return rested and (self._age() > FRESH or kid not in self._keys)

    def _fetch_once(self, kid: str) -> None:
        """Fetch, unless another thread does so. Nobody waits for it while there are keys that serve.

        Raises `Unavailable` for a key that may be among those that are being fetched: strangers can name any.
        """
        if not self._taken():
            if kid not in self._keys:
                raise Unavailable(f"the keys of {self._url} are being fetched")
            return
        try:
            if self._wants(kid):
                self._fetch()
        finally:
            self._lock.release()

    def _taken(self) -> bool:
        """Whether it is this thread that may fetch, after others did where there was nothing to go by."""
        if self._lock.acquire(blocking=False):
            return True
        if self._age() <= KEPT or not self._places.acquire(blocking=False):
            return False
        try:
            return self._lock.acquire()
        finally:
            self._places.release()

    def _fetch(self) -> None:
        try:
            answer = self._send("GET", self._url, timeout=PATIENCE, headers={"Accept": "application/json"})
            self._keys, self._read = _read(answer.status, answer.body, self._usable), self._clock()
        except (Unavailable, ValueError) as error:
            _log.warning("no keys from %s: %s", self._url, error)
        finally:
            # Not before: whoever asks meanwhile waits for the answer and does not go without.
            self._tried = self._clock()


class KeySets:
    """Sets of such keys by their addresses. One that no policy names any more stays, and nobody asks for it."""

    def __init__(self, send: Callable[..., Any], clock: Callable[[], datetime], *, most: int) -> None:
        """`most` wait for the first keys of one address: it holds up none of the others."""
        self._send, self._clock, self._most = send, clock, most
        self._lock = threading.Lock()
        self._sets: dict[str, PublishedSet[PublicKey]] = {}

    def of(self, url: str) -> PublishedSet[PublicKey]:
        with self._lock:
            if url not in self._sets:
                self._sets[url] = PublishedSet(
                    url, send=self._send, usable=verifying, clock=self._clock, most=self._most
                )
            return self._sets[url]


class PublishedKeys(PublishedSet[PublicKey]):
    """P-256, Ed25519 and RSA keys, each of which says nothing of itself against verifying."""

    def __init__(
        self, url: str, *, send: Callable[..., Any], clock: Callable[[], datetime], most: int = 1000
    ) -> None:
        super().__init__(url, send=send, usable=verifying, clock=clock, most=most)


def _read(status: int, body: bytes, usable: Callable[[Mapping[str, Any]], K]) -> Mapping[str, K]:
    """Read the keys that may verify, and pass over all others. Raises `ValueError` where there are none."""
    if status != _OK or len(body) > LARGEST:
        raise ValueError("no set of keys")
    found: dict[str, list[K]] = {}
    for jwk in _members(body):
        if not isinstance(jwk, dict) or not isinstance(kid := jwk.get("kid"), str) or len(kid) > _LONGEST_ID:
            continue
        with suppress(ValueError):
            found.setdefault(kid, []).append(usable(jwk))
    # Of several of one id none counts: nobody can say which of them was meant.
    keys = {kid: named[0] for kid, named in found.items() if len(named) == 1}
    if not keys:
        raise ValueError("no key that could verify anything")
    return keys


def _members(body: bytes) -> list[Any]:
    try:
        jwks = json.loads(body)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("no set of keys") from error
    if not isinstance(jwks, list) or len(jwks) > MOST:
        raise ValueError("no set of keys")
    return jwks
