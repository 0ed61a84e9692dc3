"""Being away, by a command: what was understood of the time is said, by the clocks of where the person is."""

import re
from datetime import datetime

from approvals.identities import Identity
from approvals.uses.standing_in import StandingIn
from handlers.slack.zones import zone_for
from handlers.wording import absences
from handlers.wording.commands import Away
from handlers.wording.dates import DateError, parse_until
from handlers.wording.refusals import Said

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Absences:
    """What one person says of their own absence."""

    def __init__(self, standing_in: StandingIn, identity: Identity, *, command: str) -> None:
        self._standing_in = standing_in
        self._identity = identity
        self._command = command

    def leave(self, order: Away, *, now: datetime) -> str:
        """Be away; without a time and a name, say how it is. Raises what the use does, and `Said`."""
        zone = zone_for(self._identity, else_=self._standing_in.timezone)
        if not order.until and not order.delegate:
            own = self._standing_in.own(self._identity, now=now)
            more = [absences.how(self._command)] if own.absence is None else []
            return "\n".join([*absences.standing(own, zone), *more])
        try:
            until = parse_until(order.until, zone=zone, now=now)
        except DateError:
            raise Said("away", absences.unread(order.until, self._command)) from None
        if not order.delegate:
            raise Said("away", absences.nobody(until, zone, self._command))
        if not _ADDRESS.fullmatch(order.delegate):
            raise Said("away", absences.no_address(order.delegate, self._command))
        left = self._standing_in.leave(self._identity, until=until, delegate=order.delegate, now=now)
        return absences.left(left, zone)
