"""What must be true of an approval that grants nothing, whatever was killed when."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from approvals.backends.signers import keyset
from approvals.backends.signers.purposes import RECEIPTS
from approvals.chains import Held
from approvals.receipts import issue
from approvals.refusals.errors import Refused
from approvals.requests import Request, given
from countersign_client.keys import read_keys
from countersign_client.receipts import ReceiptError, verify
from sandbox.google.state import Call

_STANDS, _OVER = frozenset({"scheduled", "active"}), frozenset({"ended", "revoked", "failed"})


def stands(request: Request) -> Iterator[str]:
    """It stands or begins later by the commit that approved it, and is done with by the one that closes it."""
    if not request.approval_only:
        return
    if given(request):
        yield f"{request.id} is an approval alone, and gives {given(request)}"
    for grant in request.grants:
        if grant.state not in _STANDS | _OVER or (grant.state in {"ended", "revoked"} and not grant.removed):
            yield f"{request.id} waits for work in Google Cloud, where it has none: {grant}"


class Notary:
    """Makes a receipt of what is stored and verifies it, by a key that is made for one run and kept nowhere."""

    issuer = "countersign:chaos"

    def __init__(self) -> None:
        made = keyset.first(now=datetime.now(UTC), purpose=RECEIPTS)
        self._keys = keyset.parse(made, where="memory", purpose=RECEIPTS)

    def sign(self, claims: Mapping[str, Any]) -> str:
        return keyset.sign(self._keys, claims)

    def verify(self, token: str) -> Mapping[str, Any]:
        return keyset.verify(self._keys, token)

    def knows(self, kid: str) -> bool:
        return any(key.kid == kid for key in self._keys)

    def keys(self) -> Mapping[str, Any]:
        return keyset.public(self._keys)

    def proven(self, request: Request, held: Held) -> Iterator[str]:
        """Its decision has a receipt that anybody can verify, and that says of it that it grants nothing."""
        if not request.approval_only or request.decision is None:
            return
        try:
            signed = issue(request, held=held, signer=self, now=datetime.now(UTC))
            found = verify(signed, read_keys(msgspec.json.encode(self.keys())), issuer=self.issuer)
        except (Refused, ReceiptError) as error:
            yield f"the receipt of {request.id} does not hold: {error!r}"
            return
        if found.terms["targets"] != [{"kind": "none"}] or found.decision.outcome != request.decision.outcome:
            yield f"the receipt of {request.id} says {found.decision.outcome} of {found.terms['targets']}"


def called(calls: Iterable[Call], names: Collection[str], resources: Collection[str]) -> Iterator[str]:
    """Google was called for one of these requests, or for a resource that the policy does not name."""
    for call in calls:
        told = f"{call.reason} {msgspec.json.encode(call.body).decode()}"
        yield from (f"{call.method} was called for {name}, which grants nothing" for name in names if name in told)
        if call.method.startswith("projects.") and call.resource not in resources:
            yield f"{call.method} was called on “{call.resource}”, which nothing is granted on"
