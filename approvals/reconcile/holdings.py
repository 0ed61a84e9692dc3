"""The requests that hold something on one resource, and what their records are told of the bindings outside."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.access.bindings import member
from approvals.access.claims import Claim, claims
from approvals.changes import Change
from approvals.grants import LIVE
from approvals.ids import binding_resource
from approvals.ports.store import Reads, Requests
from approvals.ports.targets import Forbidden, GranterError, Impossible
from approvals.refusals.errors import Conflict, Refused
from approvals.refusals.reasons import Reason
from approvals.requests import Request


class HoldingStore(Requests, Reads, Protocol):
    """The part of a store that holdings need."""


class Transition(Protocol):
    def __call__(self, request: Request, /, *, now: datetime, target: int) -> Change: ...


class Holdings:
    """The requests of `binding:RESOURCE`, as they were read last. A record changed meanwhile is left as it is.

    Of the members in `unjudged` a record cannot be read. What it asks may be anything, so all that they have there
    stays as it is.
    """

    def __init__(self, store: HoldingStore, *, subject: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._subject = subject
        self._clock = clock
        self._requests: dict[str, Request] = {}
        self.resource = binding_resource(subject)
        self.unjudged: frozenset[str] = frozenset()

    def read(self) -> tuple[Claim, ...]:
        """What the grants ask that are not confirmed removed, oldest first."""
        found = self._store.on(self.resource)
        self._requests = {request.id: request for request in found.requests}
        self.unjudged = frozenset(member(each.requester) for each in found.damaged)
        return self.known()

    def known(self) -> tuple[Claim, ...]:
        """The same as they were read last, with what was recorded since, and without reading.

        What others have changed meanwhile is not among it: their commits wake the next pass, and no commit on what
        they changed is kept.
        """
        found = claims(self._requests.values(), resource=self.resource)
        held = {claim.request for claim in found if not claim.removed}
        return tuple(each for each in found if each.request in held and self._is_judged(each))

    def _is_judged(self, claim: Claim) -> bool:
        return member(claim.person) not in self.unjudged

    def activated(self, claim: Claim) -> bool:
        return self._commit(transitions.activated, claim)

    def removed(self, claim: Claim) -> bool:
        """Record that nothing is left of a claim; what is over is closed by the same stroke."""
        return self._commit(_lapsed_and_removed if self._lives(claim) else transitions.removed, claim)

    def lapsed(self, claim: Claim) -> None:
        """Close what is over."""
        if self._lives(claim):
            self._commit(lambda request, now, target: transitions.lapse(request, now=now), claim)

    def removed_outside(self, claim: Claim) -> bool:
        """Revoke what somebody took out; say whether it is closed now."""
        return not self._lives(claim) or self._commit(transitions.removed_outside, claim)

    def fail(self, among: Iterable[Claim], *, cause: Reason) -> bool:
        """Fail the grants among these that are being made; say whether there were any."""
        waiting = [claim for claim in among if claim.state == "activating"]
        for claim in waiting:
            if self._lives(claim):
                self._commit(partial(transitions.failed, cause=cause), claim)
        return bool(waiting)

    def trouble(self, among: Iterable[Claim], error: GranterError) -> None:
        """Tell what stands in the way of the grants that are being made or removed."""
        kind, now = _kind(error), self._clock()
        for claim in among:
            if claim.state != "active" or not claim.gives_access(now=now):
                self._commit(partial(transitions.troubled, trouble=error.reason, kind=kind), claim)

    def _lives(self, claim: Claim) -> bool:
        """It does by the record as it stands: another target of the same request may have brought it down."""
        return self._requests[claim.request].grants[claim.target].state in LIVE

    def _commit(self, step: Transition, claim: Claim) -> bool:
        """Change one record; False when it has been changed meanwhile, or the step no longer fits."""
        try:
            change = step(self._requests[claim.request], now=self._clock(), target=claim.target)
            # The pass goes on until nothing differs, so its own commits need not wake it again.
            others = tuple(subject for subject in change.wake if subject != self._subject)
            self._store.commit(msgspec.structs.replace(change, wake=others))
        except (Conflict, Refused):
            return False
        # Its next target is recorded on top of this one.
        self._requests[claim.request] = change.request
        return True


def of(requests: Collection[str], held: Iterable[Claim]) -> list[Claim]:
    """The claims of these requests."""
    return [claim for claim in held if claim.request in requests]


def _lapsed_and_removed(request: Request, *, now: datetime, target: int) -> Change:
    return transitions.both(
        transitions.lapse(request, now=now), lambda lapsed: transitions.removed(lapsed, now=now, target=target)
    )


def _kind(error: GranterError) -> str:
    """Each permission that is missing is a trouble of its own."""
    if isinstance(error, Forbidden):
        return f"forbidden {error.needed}"
    return "impossible" if isinstance(error, Impossible) else "unsure"
