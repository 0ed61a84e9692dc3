"""The clock of this machine, beside the `Date` of what others answer (RFC 9110 section 6.6.1)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from approvals.ports.examining import Diagnosis, found
from approvals.refusals.errors import Unavailable

PART = "clock"

MOST = timedelta(seconds=5)
"""By how much the clock may be off. Windows of access begin and end by it, and nobody notices less."""

_WITHIN_A_SECOND = timedelta(seconds=0.5)
"""`Date` names a second, of which the middle is meant."""


def examine(
    others: Mapping[str, str], *, send: Callable[..., Any], clock: Callable[[], datetime], timeout: float
) -> Iterator[Diagnosis]:
    """Ask each of the others, by address, for an answer of whatever kind. They share the time."""
    for whose, address in others.items():
        yield _compared(whose, address, send=send, clock=clock, timeout=timeout / len(others))
    if not others:
        yield found(PART, "ok", "clock.none")


def _compared(
    whose: str, address: str, *, send: Callable[..., Any], clock: Callable[[], datetime], timeout: float
) -> Diagnosis:
    before = clock()
    try:
        answer = send("GET", address, timeout=timeout)
    except Unavailable as error:
        return found(PART, "unknown", "clock.unanswered", whose=whose, said=error)
    after = clock()
    try:
        theirs = _read(answer.headers.get("date", ""))
    except (ValueError, OverflowError):
        return found(PART, "unknown", "clock.unanswered", whose=whose, said="its answer had no date")
    middle = before + (after - before) / 2
    off = middle - (theirs + _WITHIN_A_SECOND)
    # An answer that took long says the less of what it was when it was made.
    if abs(off) <= MOST + (after - before) / 2:
        return found(PART, "ok", "clock.ok", whose=whose, seconds=f"{MOST.total_seconds():g}")
    direction = "ahead of" if off > timedelta(0) else "behind"
    seconds = f"{abs(off).total_seconds():.0f}"
    return found(PART, "wrong", "clock.off", whose=whose, seconds=seconds, direction=direction)


def _read(text: str) -> datetime:
    """A `Date`, which is in UTC whatever it says of that. Raises `ValueError` or `OverflowError` for none."""
    found = parsedate_to_datetime(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
