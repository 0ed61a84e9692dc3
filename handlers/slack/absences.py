"""Being away, by a command: what was understood of the time is said, by the clocks of where the person is."""

from datetime import datetime

from approvals.identities import Identity
from approvals.refusals.errors import Refused
from approvals.uses.standing_in import StandingIn
from handlers.slack.zones import zone_for
from handlers.wording import absences
from handlers.wording.reading.commands import Away
from handlers.wording.reading.leaving import leaving
from handlers.wording.refusing.refusals import Said, told


class Absences:
    """What one person says of their own absence."""

    def __init__(self, standing_in: StandingIn, identity: Identity, *, command: str) -> None:
        self._standing_in = standing_in
        self._identity = identity
        self._command = command

    def leave(self, order: Away, *, now: datetime) -> str:
        """Be away; without a time and a name, say how it is. Raises what the use does."""
        zone = zone_for(self._identity, else_=self._standing_in.timezone)
        if not order.until and not order.delegate:
            own = self._standing_in.own(self._identity, now=now)
            more = [absences.how(self._command)] if own.absence is None else []
            return "\n".join([*absences.standing(own, zone), *more])
        typed = leaving(until=order.until, delegate=order.delegate, zone=zone, now=now, command=self._command)
        try:
            left = self._standing_in.leave(
                self._identity, until=typed.until, delegate=typed.delegate, unread=typed.wrong, now=now
            )
        except Refused as refusal:
            raise Said(refusal.code, " ".join(map(told, refusal.all))) from None
        return absences.left(left, zone)
