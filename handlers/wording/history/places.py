"""Places in the history, as what leads there says them: a link, a cursor, the Home tab."""

from datetime import UTC, datetime, timedelta

from approvals.ports.store import Position
from countersign_client.patterns import Pattern

# Microseconds since 1970, and a request's id.
_NAMED = Pattern(r"([0-9]{1,16})\.(r-[0-9a-z]{10})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def named(place: Position) -> str:
    return f"{(place.filed - _EPOCH) // timedelta(microseconds=1)}.{place.request}"


def place_named(text: str) -> Position | None:
    """The place that this names; None for what is no name of one."""
    found = _NAMED.fullmatch(text)
    return Position(_EPOCH + timedelta(microseconds=int(found[1])), found[2]) if found else None
