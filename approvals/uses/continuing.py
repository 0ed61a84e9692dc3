"""Continuing access: whose it is, whether there is any, and how much longer it may last."""

from datetime import datetime, timedelta

import msgspec

from approvals.continuing import Continuation, continuation, longest, newest, require_live, require_room, room
from approvals.identities import Identity
from approvals.judging.cases import Cases
from approvals.policy.evaluate import Ask, Offer
from approvals.policy.model import Entitlement
from approvals.ports.store import Reads
from approvals.refusals.errors import OffersUnknown, Refused
from approvals.requests import Request
from approvals.targets import covers
from approvals.uses.own import is_holder


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """What can be extended: the request whose access goes on, what it is for, and by how much at most."""

    request: Request
    entitlement: Entitlement
    most: timedelta

    @property
    def usual(self) -> timedelta:
        """How much longer it lasts where nobody says how long: never for longer than it was asked for before."""
        return min(self.entitlement.duration.default, self.request.terms.duration, self.most)

    def too_long(self, duration: timedelta | None) -> Refused | None:
        """Why it cannot last for so long more; None where it can, as far as the time goes."""
        if duration is None or duration <= self.most:
            return None
        whole = int(longest(self.entitlement).total_seconds())
        most = int(self.most.total_seconds())
        return Refused("extends.long", title=self.entitlement.title, longest=whole, most=most)

    def ask(self, duration: timedelta | None, justification: str) -> Ask:
        """What its holder asks for who wants it for so long more; None: for the usual time."""
        more = self.usual if duration is None else duration
        return Ask(
            entitlement=self.entitlement.id, duration=more, justification=justification, extends=self.request.id
        )


class Continuing:
    """Finds what can be continued."""

    def __init__(self, *, store: Reads, cases: Cases) -> None:
        self._store = store
        self._cases = cases

    def extension(self, identity: Identity, request_id: str, *, now: datetime) -> Extension:
        """What somebody can do to have their own access for longer, by the id of any request in its row.

        Raises `NotFound`, and `Refused` where it is not theirs, does not live, or waits to be extended already;
        of kind `entitlement` where the policy does not offer it any more; with code `extends.emergency`.
        """
        found = self._newest(identity, request_id, now=now)
        policy = self._cases.policy_for(found.terms.entitlement, now=now)
        if policy.unasked(found.terms.entitlement):
            raise OffersUnknown("what IAM offers cannot be known now")
        entitlement = policy.entitlements.get(found.terms.entitlement)
        if entitlement is None:
            raise Refused("entitlement")
        if found.after_review is not None or entitlement.break_glass is not None:
            raise Refused("extends.emergency")
        most = room(entitlement, continuation(found, self._store, now=now))
        return Extension(request=found, entitlement=entitlement, most=most)

    def _newest(self, identity: Identity, request_id: str, *, now: datetime) -> Request:
        request = self._store.request(request_id)
        if not is_holder(request, identity, self._cases.policy().identity):
            raise Refused("extends.yours.approval" if request.approval_only else "extends.yours")
        # What was over before it was continued is looked for as well: its row may go on.
        found = newest(request, self._store.open_of(request.requester))
        require_live(found, now=now)
        return found

    def of(self, identity: Identity, ask: Ask, offer: Offer, *, now: datetime) -> Continuation | None:
        """What an ask continues, of what the policy offers now."""
        if not ask.extends:
            return None
        older = self._newest(identity, ask.extends, now=now)
        if older.terms.entitlement != offer.entitlement.id or not covers(
            offer.entitlement.targets, asked=older.terms.targets
        ):
            raise Refused("terms.changed")
        if offer.requirement.kind == "break_glass":
            raise Refused("extends.emergency")
        found = continuation(older, self._store, now=now)
        require_room(offer.entitlement, found, more=offer.duration)
        return found
