"""Times and durations as people and files write them. Outside: RFC 3339 in UTC, whole seconds."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from countersign_client.patterns import Pattern

_LETTERS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_WORDS = {"sec": 1, "second": 1, "min": 60, "minute": 60, "hr": 3600, "hour": 3600, "day": 86400, "week": 604800}
# Only words have a plural: 500ms are no minutes.
_UNITS = _LETTERS | _WORDS | {f"{word}s": seconds for word, seconds in _WORDS.items()}
_PART = re.compile(r"(\d{1,9})\s*([a-z]+)(?=\d|\s|,|$)", re.IGNORECASE | re.ASCII)
_ISO = Pattern(r"P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?", re.IGNORECASE | re.ASCII)


class DurationError(ValueError):
    """A text is no duration, or where it `reads` as one, none that fits here. `typed` is its beginning."""

    def __init__(self, typed: str, *, reads: bool) -> None:
        self.typed = typed[:40]
        self.reads = reads
        super().__init__(f"no duration: {self.typed!r}")


def rfc3339(moment: datetime) -> str:
    """Write a moment as `2026-11-22T10:00:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def instant(text: str) -> datetime | None:
    """A moment that names its zone (RFC 3339), in UTC; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def whole_seconds(moment: datetime) -> datetime:
    """Cut a moment to whole seconds in UTC, as tokens and IAM conditions hold it."""
    return moment.astimezone(UTC).replace(microsecond=0)


LONGEST = timedelta(days=366)
"""What nobody lets anything last for longer than."""


def parse_duration(text: str, *, longest: timedelta = LONGEST) -> timedelta:
    """Read `90m`, `1h30m`, `2 hours`, `1 hour and 30 minutes` or ISO 8601 `PT1H30M`, with any white space.

    Raises `DurationError` for anything else, for zero, and beyond the longest.
    """
    text = " ".join(text.split())
    seconds = _seconds(text)
    if seconds is None:
        raise DurationError(text, reads=False)
    if not 0 < seconds <= longest.total_seconds():
        raise DurationError(text, reads=True)
    return timedelta(seconds=seconds)


def _seconds(text: str) -> int | None:
    iso = _ISO.fullmatch(text)
    if iso and any(iso.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return days * 86400 + hours * 3600 + minutes * 60 + seconds
    words = re.sub(r"\band\b", " ", text, flags=re.IGNORECASE)
    total = 0
    for number, unit in _PART.findall(words):
        if unit.lower() not in _UNITS:
            return None
        total += int(number) * _UNITS[unit.lower()]
    rest = _PART.sub("", words).replace(",", "").strip()
    return None if rest or not words.strip() else total


@lru_cache(maxsize=1024)
def in_words(duration: timedelta) -> str:
    """Say a duration: `1 hour, 30 minutes`; zero is `0 minutes`."""
    seconds = int(duration.total_seconds())
    parts = []
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}" if count == 1 else f"{count} {name}s")
    return ", ".join(parts) or "0 minutes"


class MomentError(ValueError):
    """A text is no moment, or where it `reads` as one, none that there is in its time zone."""

    def __init__(self, typed: str, *, reads: bool) -> None:
        self.typed = typed[:40]
        self.reads = reads
        super().__init__(f"no moment: {self.typed!r}")


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """Read `2026-11-22T10:00`, in a time zone where the text names none; of an hour that comes twice, the first.

    Raises `MomentError`, also for a time that the clock leaves out.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        if found.tzinfo is not None:
            return found.astimezone(UTC)
        moment = found.replace(tzinfo=zone).astimezone(UTC)
        there = moment.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise MomentError(text, reads=False) from error
    if there != found:
        raise MomentError(text, reads=True)
    return moment
