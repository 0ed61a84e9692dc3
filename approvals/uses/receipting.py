"""The receipt of a use: signed before it is kept, so that its answer is kept with it, and nothing without it."""

from datetime import datetime

from approvals.chains import Chains
from approvals.ids import new_jti
from approvals.ports.signing import Signer
from approvals.receipts import claims
from approvals.refusals.errors import Refused
from approvals.requests import Request


class Receipting:
    """Signs what an application holds of an approval that it used. Without a signer there are no receipts."""

    def __init__(self, *, store: Chains, signer: Signer | None) -> None:
        self._store = store
        self._signer = signer

    def used(self, request: Request, *, now: datetime, filed: bool = True) -> str | None:
        """The receipt of a request that was used, or is as soon as this is kept, on the record that was read.

        `filed` is false of one of which nothing is kept yet.
        Raises `Refused` with code `broken` where its audit chain does not bear it out, or `Unavailable`.
        """
        if self._signer is None:
            return None
        faults = self._store.held(request.id).faults if filed else ()
        if faults:
            raise Refused("broken", request=request.id, fault=faults[0])
        return self._signer.sign(claims(request, issuer=self._signer.issuer, jti=new_jti(), now=now))
