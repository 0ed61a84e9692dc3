"""Who is on call by an iCalendar feed (RFC 5545): the attendees of what is on at a moment.

A feed is what others write. It is read strictly, and what is not understood leaves the whole of it unread: nobody
is on call by a guess. Its own time zones are not read, only the names of known ones, and a rule is expanded only
where it surely comes to its next event soon, so that no feed keeps a thread busy.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from approvals.refusals.errors import Unavailable
from countersign_client.patterns import Pattern

if TYPE_CHECKING:
    from dateutil.rrule import rrule

MOST_RULES = 50
"""Events that recur, in one feed."""

OLDEST = timedelta(days=3653)
"""How long ago an event that recurs may have begun: each repetition since is looked at."""

LONGEST = timedelta(days=366)
"""How long one event may last."""

_FOLD = Pattern(r"\r?\n[ \t]")
_LINE = Pattern(r"\r?\n")
_UNREAD = frozenset({"VTIMEZONE", "VALARM"})
_NOT_READ = ("RDATE", "EXRULE")
_ADDRESS = Pattern(r"mailto:([^\s@,;<>]+@[^\s@,;<>]+)", re.IGNORECASE)
_BARRED = {"PARTSTAT": {"DECLINED", "DELEGATED"}, "ROLE": {"NON-PARTICIPANT"}}
_DAYS = r"(?:MO|TU|WE|TH|FR|SA|SU)"
_PLAIN, _NTH = Pattern(_DAYS), Pattern(rf"[+-]?[1-4]{_DAYS}")
_DAY = Pattern(r"-?(?:[1-9]|1[0-9]|2[0-8])")


class Unread(Unavailable):
    """A feed says something that is not read here."""


def on_call(feed: bytes, *, at: datetime, zone: ZoneInfo) -> frozenset[str]:
    """The addresses of everybody on call at a moment, in lower case.

    `zone` is where days without a time, and times without a zone, are meant. Raises `Unread`.
    """
    try:
        return frozenset(who for event in _under_way(feed, at, zone) for who in _attendees(event))
    except Unavailable:
        raise
    except Exception as error:
        # What a library does not take, in whatever way it says so.
        raise Unread(f"the calendar cannot be read: {type(error).__name__}") from error


def _under_way(feed: bytes, at: datetime, zone: ZoneInfo) -> Iterator[Any]:
    from icalendar import Calendar  # noqa: PLC0415 - only those load it whose policy names a calendar

    found = Calendar.from_ical(_plain(feed))
    if str(found.get("METHOD", "PUBLISH")).upper() != "PUBLISH":
        raise Unread("the calendar is a message about events, and no calendar")
    events = list(found.walk("VEVENT"))
    if sum("RRULE" in event for event in events) > MOST_RULES:
        raise Unread(f"more than {MOST_RULES} events of the calendar recur")
    changed = {_changed(event, zone) for event in events if "RECURRENCE-ID" in event}
    for event in events:
        if _is_sure(event) and _is_on(event, at, zone, changed):
            yield event


def _plain(feed: bytes) -> str:
    """The feed without its own time zones and alarms: both have rules of their own."""
    inside, kept = "", []
    # Only what RFC 5545 says ends a line: what else looks like an end may stand in what somebody typed.
    for line in _LINE.split(_FOLD.sub("", feed.decode())):
        name = line.strip().upper()
        if not inside and name.startswith("BEGIN:") and name[6:] in _UNREAD:
            inside = name[6:]
        elif inside and name == f"END:{inside}":
            inside = ""
        elif not inside:
            kept.append(line)
    return "\r\n".join(kept) + "\r\n"


def _is_sure(event: Any) -> bool:
    return str(event.get("STATUS", "CONFIRMED")).upper() == "CONFIRMED"


def _changed(event: Any, zone: ZoneInfo) -> tuple[str, datetime]:
    """Which occurrence an event stands in the place of."""
    if "RANGE" in event["RECURRENCE-ID"].params:
        raise Unread("an event of the calendar changes all that follow it")
    return str(event.get("UID", "")), _moment(event["RECURRENCE-ID"], event["RECURRENCE-ID"].dt, zone)


def _is_on(event: Any, at: datetime, zone: ZoneInfo, changed: set[tuple[str, datetime]]) -> bool:
    if any(key in event for key in _NOT_READ):
        raise Unread("an event of the calendar recurs at dates that are listed")
    start = event["DTSTART"]
    moment = _moment(start, start.dt, zone)
    place, lasts = _zone(start.dt, zone), _lasts(event, zone)
    if "RRULE" not in event:
        return moment <= at < _end(moment, lasts, place)
    local, first = at.astimezone(place).replace(tzinfo=None), moment.astimezone(place).replace(tzinfo=None)
    if moment < at - OLDEST:
        raise Unread("an event of the calendar has recurred for more than ten years")
    rule = _rule(event["RRULE"], first, place)
    left_out = set(_left_out(event, zone))
    uid = str(event.get("UID", ""))
    for wall in rule.between(local - lasts - timedelta(days=1), local + timedelta(days=1), inc=True):
        begins = wall.replace(tzinfo=place).astimezone(UTC)
        single = "RECURRENCE-ID" not in event and (uid, begins) in changed
        if begins in left_out or wall.date() in left_out or single:
            continue
        if begins <= at < _end(begins, lasts, place):
            return True
    return False


def _end(begins: datetime, lasts: timedelta, place: tzinfo) -> datetime:
    """The end by the clock on the wall: a shift until nine ends at nine also where the clock changes in it."""
    wall = begins.astimezone(place).replace(tzinfo=None) + lasts
    return wall.replace(tzinfo=place).astimezone(UTC)


def _lasts(event: Any, zone: ZoneInfo) -> timedelta:
    start = event["DTSTART"].dt
    if "DTEND" in event:
        end = event["DTEND"]
        if isinstance(end.dt, datetime) != isinstance(start, datetime):
            raise Unread("an event of the calendar begins by the day and ends by the hour, or the other way")
        place = _zone(start, zone)
        ends, begins = _moment(end, end.dt, zone), _moment(event["DTSTART"], start, zone)
        found = ends.astimezone(place).replace(tzinfo=None) - begins.astimezone(place).replace(tzinfo=None)
    elif "DURATION" in event:
        found = event["DURATION"].dt
    else:
        found = timedelta(0) if isinstance(start, datetime) else timedelta(days=1)
    if not timedelta(0) <= found <= LONGEST:
        raise Unread("an event of the calendar ends before it begins, or lasts more than a year")
    return found


def _moment(written: Any, value: date, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is None and "TZID" in written.params:
            raise Unread(f"the calendar has a time zone that nobody knows here: {written.params['TZID']}"[:200])
        return value.replace(tzinfo=value.tzinfo or zone).astimezone(UTC)
    return datetime.combine(value, time(), tzinfo=zone).astimezone(UTC)


def _zone(value: date, zone: ZoneInfo) -> tzinfo:
    return (value.tzinfo if isinstance(value, datetime) else None) or zone


def _left_out(event: Any, zone: ZoneInfo) -> Iterator[datetime | date]:
    found = event.get("EXDATE", [])
    for listed in found if isinstance(found, list) else [found]:
        for each in listed.dts:
            yield _moment(listed, each.dt, zone) if isinstance(each.dt, datetime) else each.dt


def _rule(found: Any, first: datetime, place: tzinfo) -> "rrule":
    from dateutil.rrule import rrulestr  # noqa: PLC0415

    parts = {} if isinstance(found, list) else {key.upper(): list(values) for key, values in found.items()}
    if not _comes_soon({key: [str(_said(value)) for value in values] for key, values in parts.items()}):
        raise Unread("an event of the calendar recurs in a way that is not read here")
    until = parts.pop("UNTIL", [None])[0]
    text = ";".join(f"{key}={','.join(str(_said(each)) for each in values)}" for key, values in parts.items())
    made = cast("rrule", rrulestr(text, dtstart=first))
    return made if until is None else made.replace(until=_last(until, place))


def _said(value: Any) -> str:
    return value.to_ical().decode() if hasattr(value, "to_ical") else str(value)


def _last(until: date, place: tzinfo) -> datetime:
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max)
    return until if until.tzinfo is None else until.astimezone(place).replace(tzinfo=None)


def _comes_soon(parts: dict[str, list[str]]) -> bool:
    """Whether each repetition surely is soon after the one before: no search for one that never comes."""
    by = {key: values for key, values in parts.items() if key.startswith("BY")}
    known = parts.keys() - by.keys() <= {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}
    if not known or any(int(value) < 1 for key in ("INTERVAL", "COUNT") for value in parts.get(key, [])):
        return False
    step = int(parts.get("INTERVAL", ["1"])[0])
    days, dates = by.pop("BYDAY", []), by.pop("BYMONTHDAY", [])
    months = by.pop("BYMONTH", [])
    if by or (days and dates):
        return False
    plain = all(_PLAIN.fullmatch(day) for day in days)
    dated = all(_NTH.fullmatch(day) for day in days) and all(_DAY.fullmatch(day) for day in dates)
    soon = {
        "DAILY": plain and not dates and not months and (step == 1 or not days),
        "WEEKLY": plain and not dates and not months,
        "MONTHLY": dated and not months,
        "YEARLY": dated and (bool(months) or not (days or dates)),
    }
    return soon.get(",".join(parts["FREQ"]), False)


def _attendees(event: Any) -> Iterator[str]:
    found = event.get("ATTENDEE", [])
    for each in found if isinstance(found, list) else [found]:
        written = _ADDRESS.fullmatch(str(each))
        barred = any(str(each.params.get(key, "")).upper() in values for key, values in _BARRED.items())
        person = str(each.params.get("CUTYPE", "INDIVIDUAL")).upper() == "INDIVIDUAL"
        if written and person and not barred:
            yield written[1].lower()
