"""Being away, for programs: how it is for the caller, and to leave and be back."""

from zoneinfo import ZoneInfo

import msgspec

from approvals.people.standins import Absence
from approvals.times import rfc3339
from approvals.uses import Uses
from approvals.uses.standing_in import Own
from handlers.api.bodies import Leave, Nothing
from handlers.api.calls import Asked, Changing
from handlers.identity.visitors import Visitors
from handlers.wire.query import require_known
from handlers.wire.written import Reply
from handlers.wording.absences import standing
from handlers.wording.reading.leaving import leaving


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is away from `since` until `until`, and `delegate` stands in for them."""

    person: str
    delegate: str
    since: str
    until: str


class Absences(msgspec.Struct, frozen=True, kw_only=True):
    """The caller's own absence or null, and those in which they stand in.

    `delegates` are the policy's selectors of who may be named. `lines` say all of it in words, by the clocks of
    `timezone`.
    """

    absence: Away | None
    stands_in_for: tuple[Away, ...]
    delegates: tuple[str, ...]
    timezone: str
    lines: tuple[str, ...]


class AbsenceCalls:
    """Answers `/v1/absence`."""

    def __init__(self, uses: Uses, visitors: Visitors) -> None:
        self._standing_in = uses.standing_in
        self._visitors = visitors

    def show(self, asked: Asked) -> Reply:
        require_known(asked.query)
        return Reply(body=self._written(self._own(asked)))

    def leave(self, made: Changing) -> Reply:
        """Be away, in the place of what was said before."""
        body = made.read(Leave)
        identity = self._visitors.identify(made.caller.account, purpose="decide", now=made.now)
        typed = leaving(until=body.until, delegate=body.delegate, zone=self._zone, now=made.now)
        before = self._own(made)
        left = self._standing_in.leave(
            identity,
            until=typed.until,
            delegate=typed.delegate,
            unread=typed.wrong,
            now=made.now,
            beside=made.kept(lambda absence: self._written(_with(before, absence))),
        )
        return Reply(body=self._written(_with(before, left)))

    def back(self, made: Changing) -> Reply:
        made.read(Nothing)
        identity = self._visitors.identify(made.caller.account, purpose="decide", now=made.now)
        after = self._written(_with(self._own(made), None))
        self._standing_in.back(identity, now=made.now, beside=made.kept(lambda _: after))
        return Reply(body=after)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._standing_in.timezone)

    def _own(self, asked: Asked) -> Own:
        return self._standing_in.own(asked.caller.identity, now=asked.now)

    def _written(self, own: Own) -> Absences:
        return Absences(
            absence=_away(own.absence) if own.absence is not None else None,
            stands_in_for=tuple(map(_away, own.by)),
            delegates=own.delegates,
            timezone=self._standing_in.timezone,
            lines=tuple(standing(own, self._zone)),
        )


def _with(own: Own, absence: Absence | None) -> Own:
    return msgspec.structs.replace(own, absence=absence)


def _away(found: Absence) -> Away:
    return Away(
        person=found.person, delegate=found.delegate, since=rfc3339(found.since), until=rfc3339(found.until)
    )
