"""The requests that hold something on one resource, and what their records are told of the bindings outside."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.changes import Change
from approvals.claims import Claim, claims
from approvals.errors import Conflict, Refused
from approvals.ids import binding_resource
from approvals.ports.store import Reads, Requests
from approvals.ports.targets import Forbidden, GranterError, Impossible
from approvals.requests import Request


class HoldingStore(Requests, Reads, Protocol):
    """The part of a store that holdings need."""


class Step(Protocol):
    def __call__(self, request: Request, /, *, now: datetime) -> Change: ...


class Holdings:
    """The requests of `binding:RESOURCE`, as they were read last. A record changed meanwhile is left as it is."""

    def __init__(self, store: HoldingStore, *, subject: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._subject = subject
        self._clock = clock
        self._requests: Mapping[str, Request] = {}
        self.resource = binding_resource(subject)

    def read(self) -> tuple[Claim, ...]:
        """What the grants ask that are not confirmed removed, oldest first."""
        found = self._store.holdings(resource=self.resource)
        self._requests = {request.id: request for request in found}
        return claims(found)

    def activated(self, claim: Claim) -> bool:
        return self._commit(transitions.activated, claim)

    def removed(self, claim: Claim) -> bool:
        """Record that nothing is left of a claim; one whose time is over is closed by the same stroke."""
        return self._commit(_lapsed_and_removed if claim.live else transitions.removed, claim)

    def lapsed(self, claim: Claim) -> bool:
        """Close what is over."""
        return self._commit(transitions.lapse, claim)

    def removed_outside(self, claim: Claim) -> bool:
        return self._commit(transitions.removed_outside, claim)

    def fail(self, among: Iterable[Claim], *, cause: str) -> bool:
        """Fail the grants among these that are being made; say whether there were any."""
        waiting = [claim for claim in among if claim.state == "activating"]
        for claim in waiting:
            self._commit(lambda request, now: transitions.failed(request, cause=cause, now=now), claim)
        return bool(waiting)

    def trouble(self, among: Iterable[Claim], error: GranterError) -> None:
        """Tell what stands in the way of the grants that are being made or removed."""
        kind, now = _kind(error), self._clock()
        for claim in among:
            if claim.state != "active" or not claim.gives_access(now=now):
                self._commit(lambda r, now: transitions.troubled(r, trouble=str(error), kind=kind, now=now), claim)

    def _commit(self, step: Step, claim: Claim) -> bool:
        """Change one record; False when it has been changed meanwhile, or the step no longer fits."""
        try:
            change = step(self._requests[claim.request], now=self._clock())
            # The pass goes on until nothing differs, so its own commits need not wake it again.
            others = tuple(subject for subject in change.wake if subject != self._subject)
            self._store.commit(msgspec.structs.replace(change, wake=others))
        except (Conflict, Refused):
            return False
        return True


def of(requests: Collection[str], held: Iterable[Claim]) -> list[Claim]:
    """The claims of these requests."""
    return [claim for claim in held if claim.request in requests]


def _lapsed_and_removed(request: Request, *, now: datetime) -> Change:
    return transitions.both(
        transitions.lapse(request, now=now), lambda lapsed: transitions.removed(lapsed, now=now)
    )


def _kind(error: GranterError) -> str:
    """Each permission that is missing is a trouble of its own."""
    if isinstance(error, Forbidden):
        return f"forbidden {error.needed}"
    return "impossible" if isinstance(error, Impossible) else "unsure"
