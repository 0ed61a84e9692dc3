"""Answering a drill: whoever was called says that they are there."""

from collections.abc import Callable, Sequence
from datetime import datetime

from approvals import drilling, drills
from approvals.drills import Drill
from approvals.identities import Identity
from approvals.ports.store import Guards
from approvals.refusals.errors import Refused


class Drilling:
    """Drills, as whoever is called sees them. They go on in a freeze, for nothing follows from an answer."""

    def __init__(self, *, store: Guards, woken: Callable[[Sequence[str]], None]) -> None:
        self._store = store
        self._woken = woken

    def called(self, identity: Identity, drill_id: str, *, now: datetime) -> Drill:
        """The drill that called this person, whether they have answered or not.

        Raises `Refused` of kind `drill` where it is over and they have not, or did not call them.
        """
        found = drilling.read(self._store)
        if found is None or found.id != drill_id:
            raise Refused("drill.over")
        if identity.principal not in found.people:
            raise Refused("drill.others")
        if now >= found.until and found.answer(identity.principal) is None:
            raise Refused("drill.over")
        return found

    def answer(self, identity: Identity, drill_id: str, *, now: datetime) -> Drill:
        """Keep the answer, and have the call drawn so. Raises `Refused` of kind `drill`, or `Conflict`."""
        account = identity.account.ref
        found = drilling.answer(self._store, drill_id, person=identity.principal, account=account, now=now)
        self._woken([drills.subject(found)])
        return found
