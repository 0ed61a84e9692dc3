"""What must be true of memberships of groups, whatever was killed when."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from approvals.grants import Grant
from approvals.requests import Request, given
from chaos.history import EFFECTIVE
from chaos.records import Records
from chaos.teams import Seat, Teams
from chaos.truths import gone
from sandbox.google.state import Call, Google

_SECOND = timedelta(seconds=1)


def access(records: Records, seat: Seat, *, at: datetime) -> Iterator[str]:
    """Somebody is in a group by us only inside windows that have begun, and not for longer."""
    told = f"{seat.person} is in {seat.group} until {seat.until}"
    if seat.roles or seat.until is None:
        yield f"{told}, as {seat.roles or 'a member for good'}, which nobody else made them"
        return
    end, grants = datetime.fromtimestamp(seat.until, UTC), granted(records, seat)
    windows = [grant.window for _, grant in grants if grant.begun and grant.state != "scheduled"]
    edges = {edge for window in windows for edge in (window.start, window.end)}
    moments = {at} | {moment for edge in edges for moment in (edge - _SECOND, edge, edge + _SECOND)}
    for moment in sorted(each for each in moments | {end - _SECOND} if at <= each < end):
        if not any(window.start <= moment < window.end for window in windows):
            yield f"{told}: at {moment} that is outside {windows}"
    if all(gone(grant) for _, grant in grants):
        yield f"{told}, although its removal is on record"


def granted(records: Records, seat: Seat) -> list[tuple[Request, Grant]]:
    """What was approved of this membership, however long ago."""
    return [
        (request, grant)
        for request in records.of(resource=seat.resource, person=seat.person)
        for target, grant in given(request)
        if target.resource == seat.resource
    ]


def making(records: Records, seat: Seat) -> list[str]:
    """The requests for it whose membership was not read back yet."""
    return [request.id for request, grant in granted(records, seat) if grant.state == "activating"]


class _Made(NamedTuple):
    group: str
    person: str
    end: str


def put_back(google: Google, records: Records, *, teams: Teams) -> Iterator[str]:
    """Whom others took out is never let in again, unless another grant's window touched the one that they had."""
    names = teams.names()
    seen = defaultdict[_Made, int](int)
    for call in google.calls("memberships.create"):
        if call.code in EFFECTIVE and call.resource in names:
            made = _made(call, names[call.resource])
            seen[made] += 1
            if seen[made] == 2 and not _explained(records, made, teams.early):
                yield f"let in again after they were out: {made}"


def _made(call: Call, group: str) -> _Made:
    (role,) = call.body["roles"]
    return _Made(group, call.body["preferredMemberKey"]["id"], role["expiryDetail"]["expireTime"])


def _explained(records: Records, made: _Made, early: Collection[str]) -> bool:
    end = datetime.fromisoformat(made.end)
    seat = Seat(made.group, made.person, end.timestamp(), (), 0)
    held: Sequence[tuple[Request, Grant]] = granted(records, seat)
    mine = [(request, grant.window) for request, grant in held if grant.window.end == end]
    others = [(request, grant.window) for request, grant in held]
    meeting = any(a != b and x.start <= y.end and y.start <= x.end for a, x in mine for b, y in others)
    return meeting or any(request.id in early for request, _ in mine)
