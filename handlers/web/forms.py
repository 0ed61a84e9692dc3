"""Forms: how much of one is read, from where it may come, and the proof that it was ours and this person's."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from approvals.ids import new_jti
from approvals.ports.store import Memory
from handlers.kept_key import KeptKey
from handlers.wording.refusing.refusals import Said

LIFE = timedelta(hours=1)
"""How long a page's forms can be sent."""

LARGEST = 32 * 1024
"""Bytes of a form: a token, and at most a few thousand characters of text, each of which may take nine."""

_FIELDS = 20
_KEY = "pages.forms"

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
        self._key = KeptKey(memory, _KEY)
        self._clock = clock

    def make(self, *bound: str | int) -> str:
        """A proof of a form bound to all of this; the first part of it is the form's own id."""
        jti, until = new_jti(), int((self._clock() + LIFE).timestamp())
        return f"{jti}.{until}.{self._key.mac(jti, until, *bound)}"

    def spend(self, proof: str, *bound: str | int) -> str:
        """Return the id of the form that this proof is of. Raises `Said` where it is none of it, or too old.

        That the id is used once is seen to where the vote is kept.
        """
        jti, _, rest = proof.partition(".")
        until, _, mac = rest.partition(".")
        if not (jti and until.isascii() and until.isdigit() and len(until) < 12 and mac.isascii()):
            raise Said("form", OUT_OF_DATE)
        if not self._key.fits(mac, jti, int(until), *bound) or self._clock().timestamp() >= int(until):
            raise Said("form", OUT_OF_DATE)
        return jti
