"""When people are reminded of what waits for them, and when others are told: what a policy says of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

EVERY_DAY = frozenset(range(1, 8))
AT_ONCE = timedelta(0)
_DAY = 24 * 60
_SEARCHED = 15
"""Days among which the next hours lie: one week's may fall whole into the gap of a clock that is put forward."""


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """The hours of a day in which people are reminded: minutes since midnight, `end` exclusive; ISO weekdays."""

    begin: int
    end: int
    days: frozenset[int] = EVERY_DAY

    def hold(self, moment: datetime, zone: ZoneInfo) -> bool:
        """The moment lies in these hours, by the clocks of the zone."""
        here = moment.astimezone(zone)
        return here.isoweekday() in self.days and self.begin <= here.hour * 60 + here.minute < self.end

    def next(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first moment in these hours that is not before this one, in UTC."""
        if self.hold(moment, zone):
            return moment.astimezone(UTC)
        first = moment.astimezone(zone).date() - timedelta(days=1)
        days = (first + timedelta(days=number) for number in range(_SEARCHED + 2))
        begun = (at for day in days for at in _instants(day, self.begin, zone))
        return min(at for at in begun if at >= moment and self.hold(at, zone))


def _instants(day: date, minute: int, zone: ZoneInfo) -> Iterator[datetime]:
    """When clocks show this time of a day: once, or twice where they are put back.

    Where they skip it, that is the end of what they skip.
    """
    shown = datetime.combine(day, time(minute // 60, minute % 60))
    one, other = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    yield one
    if one < other:
        yield other
    elif other < one:
        yield _skipped(other, one, zone)


def _skipped(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first minute, between two moments, after clocks were put forward."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=int((after - before).total_seconds() // 120))
        before, after = (before, middle) if middle.astimezone(zone).utcoffset() == offset else (middle, after)
    return after


class RemindRule(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever's turn it is is reminded `first` after they were told, then after `factor` times as long each time.

    None: never. Outside of `hours`, which are those of each person's own time zone, a reminder waits for them.
    """

    first: timedelta | None = None
    factor: int = 2
    hours: Hours | None = None


class EscalateRule(msgspec.Struct, frozen=True, kw_only=True):
    """So long after a stage opened the people of `to` are told that nobody has decided, and the channel is.

    None: never. It gives nobody a right to approve.
    """

    after: timedelta | None = None
    to: tuple[str, ...] = ()
    channel: str = ""


class EmailRule(msgspec.Struct, frozen=True, kw_only=True):
    """When those whose turn it is are reached by mail: `after` so long without a decision; None: never.

    `copy`: who asked gets one as well.
    """

    after: timedelta | None = timedelta(minutes=10)
    copy: bool = False
