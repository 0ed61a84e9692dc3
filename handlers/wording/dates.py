"""Moments to come, and days, as people type them, by the clocks of where they are.

What was understood is always shown.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from approvals.times import DurationError, instant, parse_duration
from countersign_client.patterns import Pattern

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = Pattern(r"(?:^|\s)(?:at\s+)?([01]?[0-9]|2[0-3])[:.]([0-5][0-9])$")
_ISO = Pattern(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NAMED = Pattern(r"([0-9]{1,2})\.?\s+([a-z]{3,9})\.?(?:\s+([0-9]{4}))?")
_SWAPPED = Pattern(r"([a-z]{3,9})\.?\s+([0-9]{1,2})(?:,?\s+([0-9]{4}))?")


class DateError(ValueError):
    """A text is no moment to come that is understood."""


class SkippedError(DateError):
    """The clocks there skip that time; `instead` is when they show an hour more, or what they skip."""

    def __init__(self, text: str, *, instead: datetime) -> None:
        super().__init__(text)
        self.instead = instead


class TwiceError(DateError):
    """The clocks there show that time twice."""

    def __init__(self, text: str, *, first: datetime, second: datetime) -> None:
        super().__init__(text)
        self.first, self.second = first, second


def parse_until(text: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """Read `17:00`, `tomorrow`, `friday 9:00`, `2026-12-04 17:00`, `4 December`, `dec 4` or `3 days`.

    A day alone is its beginning: who is away until Friday is back on Friday. A time alone is the next one. A year
    that is left out is the next in which that day is to come. A time that clocks skip is an hour later by them.
    Raises `DateError`.
    """
    found = _read(text, zone=zone, now=now)
    return found if found.tzinfo is not None else _moment(found, zone)


def exact(text: str, *, zone: ZoneInfo, now: datetime, back: timedelta = timedelta(0)) -> datetime:
    """Read the same, and `2026-12-04T17:00+01:00`, where one hour is as good as no other.

    A time alone is the next one, or one that has passed by no more than `back`. Raises `SkippedError` for a time
    that the clocks there skip, `TwiceError` for one that they show twice, and `DateError`.
    """
    found = _read(text, zone=zone, now=now, back=back)
    if found.tzinfo is not None:
        return found
    moment = _moment(found, zone)
    if moment.astimezone(zone).replace(tzinfo=None) != found:
        raise SkippedError(text, instead=moment)
    later = found.replace(tzinfo=zone, fold=1)
    if later.utcoffset() != found.replace(tzinfo=zone).utcoffset():
        raise TwiceError(text, first=found.replace(tzinfo=zone), second=later)
    return moment


def _read(text: str, *, zone: ZoneInfo, now: datetime, back: timedelta = timedelta(0)) -> datetime:
    """A moment, or what clocks show then; that has no zone."""
    offset = instant(text.strip().upper())
    if offset is not None:
        return offset
    plain = " ".join(
        text.lower().replace("t", " ", 1).split() if _ISO.match(text.strip()) else text.lower().split()
    )
    try:
        return now + parse_duration(plain.removeprefix("for ").removeprefix("in "))
    except DurationError:
        pass
    found = _CLOCK.search(plain)
    clock = time(int(found[1]), int(found[2])) if found else time()
    here = now.astimezone(zone)
    named = plain[: found.start()].strip() if found else plain
    day = _day(named, today=here.date()) if named else None
    if day is not None:
        return datetime.combine(day, clock)
    if found is None or named:
        raise DateError(text)
    today = datetime.combine(here.date(), clock)
    return today if _moment(today, zone) > now - back else today + timedelta(days=1)


def _moment(shown: datetime, zone: ZoneInfo) -> datetime:
    try:
        return shown.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise DateError(str(shown)) from None


def _day(named: str, *, today: date) -> date:
    if named in {"today", "tomorrow"}:
        return today + timedelta(days=named == "tomorrow")
    word = named.removeprefix("next ")
    if word[:3] in _DAYS and _full(word, "monday tuesday wednesday thursday friday saturday sunday"):
        ahead = (_DAYS.index(word[:3]) - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    try:
        return _dated(named, today)
    except (ValueError, OverflowError):
        raise DateError(named) from None


def _dated(named: str, today: date) -> date:
    if found := _ISO.fullmatch(named):
        return date(*(int(part) for part in found.groups()))
    if found := _NAMED.fullmatch(named):
        number, word, year = found.groups()
    elif found := _SWAPPED.fullmatch(named):
        word, number, year = found.groups()
    else:
        raise ValueError(named)
    months = "january february march april may june july august september october november december"
    if word[:3] not in _MONTHS or not _full(word, months):
        raise ValueError(named)
    month = _MONTHS.index(word[:3]) + 1
    if year:
        return date(int(year), month, int(number))
    this = date(today.year, month, int(number))
    return this if this >= today else date(today.year + 1, month, int(number))


def _full(word: str, names: str) -> bool:
    """The word is one of the names, or begins one with three letters or more."""
    return any(name.startswith(word) for name in names.split())


def beginning(day: str, zone: ZoneInfo, *, days: int = 0) -> datetime:
    """When the day `2026-12-04`, or so many days after it, begins there. Raises `DateError`."""
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=days), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise DateError(day) from None


def edge(text: str, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Where what is looked for begins; with `last`, where it ends.

    A day, such as `2026-12-04`, counts whole, from its first moment there to its last; a moment in RFC 3339 is
    itself the edge. Raises `DateError`.
    """
    return instant(text) or beginning(text, zone, days=1 if last else 0)


def shown(moment: datetime, zone: ZoneInfo) -> str:
    """A moment with its day and the zone that it was understood in: `Fri 4 Dec 2026, 17:00 (Europe/Berlin)`."""
    here = moment.astimezone(zone)
    return f"{here:%a} {here.day} {here:%b %Y}, {here:%H:%M} ({zone.key})"


def zone_of(name: str, *, else_: str) -> ZoneInfo:
    """The zone of this name; where there is none of it, another."""
    try:
        return ZoneInfo(name or else_)
    except (ValueError, OSError, LookupError):
        return ZoneInfo(else_)
