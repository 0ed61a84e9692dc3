"""Forms: how much of one is read, from where it may come, and the proof that it was ours and this person's."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from approvals.ids import new_jti
from approvals.ports.store import Memory
from handlers.wording.refusals import Said

LIFE = timedelta(hours=1)
"""How long a page's forms can be sent."""

LARGEST = 32 * 1024
"""Bytes of a form: a token, and at most a few thousand characters of text, each of which may take nine."""

_FIELDS = 20
_KEY = "pages.forms"
_REMEMBERED = 60.0

ELSEWHERE = "This was not sent from our own page, so nothing was changed. Open the page again and decide there."
OUT_OF_DATE = (
    "This page had been open for too long, or was not ours, so nothing was changed."
    " Open it again and decide there."
)
OLDER = (
    "What you pressed was older than what this page shows now, so nothing was changed."
    " Look at it again, and decide below."
)


def require_own(headers: Mapping[str, list[str]], *, pages_url: str) -> None:
    """Raise unless a form comes from our own pages (Fetch Metadata; where a browser has none, RFC 6454).

    Under `no-referrer` browsers send `Origin: null` with our own forms, and so does anybody's sandboxed frame: it
    decides nothing.
    """
    sites = headers.get("sec-fetch-site")
    if sites is not None:
        if sites != ["same-origin"]:
            raise Said("elsewhere", ELSEWHERE)
        return
    if headers.get("origin") != [pages_url]:
        raise Said("elsewhere", ELSEWHERE)


def read(body: bytes) -> dict[str, str]:
    """Read a form's fields. Raises `Said` for what no form of ours sends."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError:
        raise Said("form", OUT_OF_DATE) from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Said("form", OUT_OF_DATE)
    return fields


class Proofs:
    """Proofs that a form was made by us for one person, request, revision and verdict, and not long ago.

    Their key lies in the store, for whoever answers next may be another instance. It is no more than one of two
    things: nobody decides by a proof whom the proxy does not let in.
    """

    def __init__(self, memory: Memory, *, clock: Callable[[], datetime]) -> None:
        self._memory = memory
        self._clock = clock
        self._known: tuple[float, bytes] | None = None

    def make(self, *bound: str | int) -> str:
        """A proof of a form bound to all of this; the first part of it is the form's own id."""
        jti, until = new_jti(), int((self._clock() + LIFE).timestamp())
        return f"{jti}.{until}.{_mac(self._key(), (jti, until, *bound))}"

    def spend(self, proof: str, *bound: str | int) -> str:
        """Return the id of the form that this proof is of. Raises `Said` where it is none of it, or too old.

        That the id is used once is seen to where the vote is kept.
        """
        jti, _, rest = proof.partition(".")
        until, _, mac = rest.partition(".")
        if not (jti and until.isascii() and until.isdigit() and len(until) < 12 and mac.isascii()):
            raise Said("form", OUT_OF_DATE)
        wanted = (jti, int(until), *bound)
        if not self._fits(mac, wanted) or self._clock().timestamp() >= int(until):
            raise Said("form", OUT_OF_DATE)
        return jti

    def _fits(self, mac: str, wanted: tuple[str | int, ...]) -> bool:
        if hmac.compare_digest(_mac(self._key(), wanted), mac):
            return True
        # Another instance may have made the key anew.
        return hmac.compare_digest(_mac(self._key(fresh=True), wanted), mac)

    def _key(self, *, fresh: bool = False) -> bytes:
        known = self._known
        if known is not None and not fresh and time.monotonic() - known[0] < _REMEMBERED:
            return known[1]
        if not self._memory.recall(_KEY):
            self._memory.remember(_KEY, secrets.token_hex(32))
        # Read again: of several that make one at once the last one's holds.
        key = bytes.fromhex(self._memory.recall(_KEY) or "")
        self._known = (time.monotonic(), key)
        return key


def _mac(key: bytes, said: tuple[str | int, ...]) -> str:
    if len(key) < hashlib.sha256().digest_size:
        raise ValueError("a key that everybody could guess")
    digest = hmac.digest(key, json.dumps(said).encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
