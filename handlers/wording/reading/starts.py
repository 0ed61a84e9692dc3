"""When access is to begin and end, as people type it, and the sentences about that."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from approvals.policy.starting import GRACE
from approvals.refusals.errors import Refused
from countersign_client.patterns import Pattern
from handlers.wording.dates import DateError, SkippedError, TwiceError, exact, shown
from handlers.wording.reading.commands import duration_of
from handlers.wording.refusing.refusals import Said
from handlers.wording.text.typed import clip

EXAMPLES = "18:00, tomorrow 9:00 or 2026-11-30 18:00"

_UNTIL = Pattern(r"\s*(?:until|till)\s+", re.IGNORECASE)
_MINUTE = timedelta(minutes=1)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """When somebody wants access to begin, and for how long; None where they have not said.

    `end` is when it is to end, where they said that instead. `wrong` is what was typed and is neither.
    """

    start: datetime | None = None
    duration: timedelta | None = None
    end: datetime | None = None
    wrong: tuple[Refused, ...] = ()

    def require(self) -> "Period":
        """The same. Raises `Refused` with all that is wrong."""
        if self.wrong:
            raise self.wrong[0].besides(self.wrong[1:])
        return self


def period(*, start: str, lasts: str, zone: ZoneInfo, now: datetime) -> Period:
    """Read when access is to begin (`18:00`, empty: at once), and `2h` or `until 17:00` by the same clocks.

    An end is counted from the start, or from now, in whole minutes.
    """
    wrong: list[Refused] = []
    begins: datetime | None = None
    try:
        at_once = start.strip().lower() in ("", "now")
        begins = None if at_once else _moment("start", start, zone, now, back=GRACE)
    except Refused as refusal:
        wrong.append(refusal)
    duration: timedelta | None = None
    end: datetime | None = None
    try:
        duration, end = _lasting(lasts, zone, begins or now)
    except Refused as refusal:
        wrong.append(refusal)
    return Period(start=begins, duration=duration, end=end, wrong=tuple(wrong))


def read_as(found: Period, zone: ZoneInfo) -> str:
    """Say by which clocks a start or an end was read; empty where none was typed.

    Whoever reads it may sit by other clocks, and those are what a channel shows moments by.
    """
    said = [f"from {shown(found.start, zone)}"] if found.start is not None else []
    said += [f"until {shown(found.end, zone)}"] if found.end is not None else []
    return f"What you typed was read as {' '.join(said)}." if said else ""


def _lasting(typed: str, zone: ZoneInfo, begins: datetime) -> tuple[timedelta | None, datetime | None]:
    until = _UNTIL.match(typed)
    if until is None:
        return duration_of(typed), None
    end = _moment("duration", typed[until.end() :], zone, begins)
    minutes = (end - begins) // _MINUTE
    if minutes < 1:
        raise Said("duration", f"{shown(end, zone)} is not after the start. Name a later end, or say how long.")
    return minutes * _MINUTE, end


def _moment(field: str, typed: str, zone: ZoneInfo, now: datetime, *, back: timedelta = timedelta(0)) -> datetime:
    try:
        return exact(typed, zone=zone, now=now, back=back)
    except SkippedError as skipped:
        there = f"{skipped.instead.astimezone(zone):%Y-%m-%d %H:%M}"
        said = f"“{clip(typed, 40)}” does not come: the clocks are set forward then. Write for example {there}."
    except TwiceError as twice:
        first, second = (each.isoformat(timespec="minutes") for each in (twice.first, twice.second))
        said = (
            f"“{clip(typed, 40)}” comes twice, for the clocks are set back then. Write which one you mean:"
            f" {first} is the first, {second} the second."
        )
    except DateError:
        said = f"“{clip(typed, 40)}” is no time that is understood here. Write for example {EXAMPLES}."
    raise Said(field, said)
