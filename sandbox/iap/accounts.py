"""Whom Google or an external identity provider can sign in, as IAP speaks of them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sandbox.world import Record

LARGEST_CLAIMS = 4_096
"""Bytes of an external identity's claims that IAP passes on (external-identities: headers hold about 4 kB)."""

PROJECT = "sandbox-project"
_CONSUMER = frozenset({"gmail.com", "googlemail.com"})


class Account(Record, frozen=True):
    """A signed-in account. `namespace` stands before address and id; `hd` is empty for a consumer's account.

    `gcip` holds the claims of an external identity, which come as a JSON text or, with `gcip_object`, as JSON.
    """

    email: str
    sub: str
    hd: str = ""
    namespace: str = "accounts.google.com"
    access_levels: tuple[str, ...] = ()
    gcip: dict[str, Any] | None = None
    gcip_object: bool = False

    @property
    def is_external(self) -> bool:
        """Whether Identity Platform signed it in, and not Google."""
        return self.gcip is not None


def google(email: str, *, hd: str | None = None, access_levels: tuple[str, ...] = ()) -> Account:
    """A Google account; without `hd` one of an organization, unless the address is one of Google's own."""
    domain = email.partition("@")[2].lower()
    hosted = ("" if domain in _CONSUMER else domain) if hd is None else hd
    return Account(email=email, sub=_number(email, hosted), hd=hosted, access_levels=access_levels)


def external(claims: Mapping[str, Any], *, as_object: bool = False) -> Account:
    """An account of Identity Platform, by the claims of its ID token. Raises `ValueError` for unusable ones."""
    firebase = claims.get("firebase")
    if not isinstance(firebase, dict) or not isinstance(claims.get("sub"), str):
        raise ValueError("an external identity's claims need `sub` and `firebase`")  # noqa: TRY004
    if len(json.dumps(claims).encode()) > LARGEST_CLAIMS:
        raise ValueError(f"an external identity's claims are larger than {LARGEST_CLAIMS:,} bytes")
    tenant = firebase.get("tenant")
    return Account(
        email=str(claims.get("email", "")),
        sub=claims["sub"],
        namespace="/".join(["securetoken.google.com", PROJECT, *([tenant] if tenant else [])]),
        gcip=dict(claims),
        gcip_object=as_object,
    )


def _number(email: str, hd: str) -> str:
    """Google's ids have 21 digits; a private account with the same address is another one."""
    return f"1{int(hashlib.sha256(f'{hd}/{email}'.encode()).hexdigest(), 16):080d}"[:21]
