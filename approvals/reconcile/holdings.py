"""The requests of one person on one resource, and what their records are told of the bindings outside."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from approvals import transitions
from approvals.bindings import gives_access
from approvals.changes import Change
from approvals.errors import Conflict, Refused
from approvals.grants import LIVE
from approvals.ports.store import Reads, Requests
from approvals.ports.targets import Forbidden, GranterError, Impossible
from approvals.reasons import Reason
from approvals.requests import Request


class HoldingStore(Requests, Reads, Protocol):
    """The part of a store that holdings need."""


class Step(Protocol):
    def __call__(self, request: Request, /, *, now: datetime) -> Change: ...


class Holdings:
    """The requests of `binding:RESOURCE|PERSON`. A record that was changed meanwhile is left as it is."""

    def __init__(self, store: HoldingStore, *, subject: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._subject = subject
        self._clock = clock
        self.resource, _, self.person = subject.partition(":")[2].partition("|")

    def read(self) -> Sequence[Request]:
        """The requests whose grant is not confirmed removed, oldest first."""
        return self._store.holdings(resource=self.resource, person=self.person)

    def lapse(self, now: datetime) -> Sequence[Request]:
        """Close what is over, and return the rest: with the same `now` nothing falls between the two."""
        holdings = self.read()
        over = [r for r in holdings if r.grant and r.grant.state in LIVE and not gives_access(r, now=now)]
        for request in over:
            self.commit(transitions.lapse, request)
        return self.read() if over else holdings

    def fail(self, among: Iterable[Request], ids: Iterable[str], *, cause: Reason) -> bool:
        """Fail the grants of these ids that are being made; say whether there were any."""
        affected = set(ids)
        waiting = [r for r in among if r.id in affected and r.grant and r.grant.state == "activating"]
        for request in waiting:
            self.commit(lambda r, now: transitions.failed(r, cause=cause, now=now), request)
        return bool(waiting)

    def trouble(self, among: Iterable[Request], error: GranterError) -> None:
        """Tell what stands in the way of the grants that are being made or removed."""
        kind = _kind(error)
        for request in among:
            if request.grant is not None and request.grant.state != "active":
                self.commit(
                    lambda r, now: transitions.troubled(r, trouble=error.reason, kind=kind, now=now), request
                )

    def commit(self, step: Step, request: Request) -> bool:
        """Change one record; False when it has been changed meanwhile, or the step no longer fits."""
        try:
            change = step(request, now=self._clock())
            # The pass goes on until nothing differs, so its own commits need not wake it again.
            others = tuple(subject for subject in change.wake if subject != self._subject)
            self._store.commit(msgspec.structs.replace(change, wake=others))
        except (Conflict, Refused):
            return False
        return True


def _kind(error: GranterError) -> str:
    """Each permission that is missing is a trouble of its own."""
    if isinstance(error, Forbidden):
        return f"forbidden {error.needed}"
    return "impossible" if isinstance(error, Impossible) else "unsure"
