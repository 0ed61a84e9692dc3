"""Asking a person to sign in more strongly, or anew, and what answers that (RFC 9470; Entra has a way of its own).

The nonce that goes with the demand is bound to the one call that it is for. A token that carries it serves that
call, once; every other token serves until it ends.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from approvals.changes import Mark
from approvals.people.persons import signed_in
from approvals.policy.parties import Issuer
from approvals.ports.store import Memory
from approvals.refusals.errors import Refused
from handlers.identity.bearing import SKEW
from handlers.identity.issuers import GUID
from handlers.identity.oidc import Brought
from handlers.kept_key import KeptKey

LIFE = timedelta(minutes=10)
"""So long a nonce can be answered."""

_KEY = "applications.nonces"
_MINUTE = 60
_FORM = re.compile(r"([0-9a-f]{1,8})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})")


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in of one of the classes `acr` (empty: any), the best one first, at most `max_age` seconds ago (None:
    ever). The token of it has to carry the `nonce`.
    """

    acr: tuple[str, ...]
    max_age: int | None
    nonce: str


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """How a demand is said: the value of `WWW-Authenticate`, and the member `step_up` of the problem."""

    header: str
    step_up: Mapping[str, Any]


class StepUps:
    """Makes demands, and knows what answers them. Two of one call and one minute have the same nonce.

    `call` is what a demand is bound to: it says who asks for what, such as an application and a digest.
    """

    def __init__(self, memory: Memory) -> None:
        """The key of the nonces is kept there: another instance may be answered."""
        self._key = KeptKey(memory, _KEY)

    def demand(self, *call: str, acr: tuple[str, ...], max_age: int | None, now: datetime) -> Demand:
        """What a guardrail asks for, for this one call."""
        minute = int(now.timestamp()) // _MINUTE
        nonce = f"{minute:x}.{self._key.mac('ours', minute)}.{self._key.mac('bound', minute, *call)}"
        return Demand(acr=acr, max_age=max_age, nonce=nonce)

    def answers(
        self, brought: Brought, *call: str, acr: tuple[str, ...], max_age: int | None, now: datetime
    ) -> bool:
        """Whether a token is of a sign-in that was asked for by a demand of this call, and satisfies it."""
        strong = signed_in(brought.person, acr=acr, max_age=max_age, now=now)
        return strong and self._is_for(brought.nonce, call, now=now)

    def spent(self, brought: Brought, *call: str, now: datetime) -> Mark | None:
        """What to keep of a token together with what it was brought for, so that it serves once; None for one that
        answers no demand of ours, and serves until it ends.

        Raises `Refused` with code `token.person` for one that answers the demand of another call, or too late.
        """
        if not self._is_ours(brought.nonce):
            return None
        if not self._is_for(brought.nonce, call, now=now):
            raise Refused("token.person")
        return Mark(name=brought.mark, until=brought.until)

    def _is_ours(self, nonce: str) -> bool:
        """Whether a demand of this service had it, for whichever call, and however long ago."""
        read = _read(nonce)
        return read is not None and self._key.fits(read.ours, "ours", read.minute)

    def _is_for(self, nonce: str, call: tuple[str, ...], *, now: datetime) -> bool:
        read = _read(nonce)
        if read is None or not timedelta(seconds=-SKEW) <= now - read.made <= LIFE:
            return False
        return self._key.fits(read.bound, "bound", read.minute, *call)


def challenge(demand: Demand, *, issuer: Issuer | None) -> Challenge:
    """Say a demand to whoever brought a token of this issuer, or brought none."""
    told: dict[str, Any] = {"acr": list(demand.acr), "max_age": demand.max_age, "nonce": demand.nonce}
    if issuer is not None and issuer.kind == "entra" and demand.acr:
        return Challenge(header=_of_entra(demand, issuer), step_up=told)
    parts = ['Bearer error="insufficient_user_authentication"']
    if demand.acr:
        parts.append(f'acr_values="{" ".join(demand.acr)}"')
    if demand.max_age is not None:
        parts.append(f'max_age="{demand.max_age}"')
    return Challenge(header=", ".join(parts), step_up=told)


def _of_entra(demand: Demand, issuer: Issuer) -> str:
    """A claims challenge: one context, in the access token, and in the ID token, which alone carries a nonce."""
    wanted = {"acrs": {"essential": True, "value": demand.acr[0]}}
    claims = b64encode(json.dumps({"access_token": wanted, "id_token": wanted}).encode()).decode()
    found = re.search(GUID, issuer.issuer)
    where = f"https://login.microsoftonline.com/{found[0] if found else 'common'}/oauth2/v2.0/authorize"
    return f'Bearer realm="", authorization_uri="{where}", error="insufficient_claims", claims="{claims}"'


class _Nonce(msgspec.Struct, frozen=True, kw_only=True):
    minute: int
    ours: str
    bound: str

    @property
    def made(self) -> datetime:
        return datetime.fromtimestamp(self.minute * _MINUTE, UTC)


def _read(nonce: str) -> _Nonce | None:
    """Take a nonce apart; None for one that cannot be of ours."""
    found = _FORM.fullmatch(nonce)
    return _Nonce(minute=int(found[1], 16), ours=found[2], bound=found[3]) if found else None
