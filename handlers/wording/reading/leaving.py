"""Until when somebody is away and who stands in, as they type it. What cannot be read is said, all at once."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from approvals.refusals.errors import Refused
from countersign_client.patterns import Pattern
from handlers.wording import absences
from handlers.wording.dates import DateError, parse_until
from handlers.wording.refusing.refusals import Said

_ADDRESS = Pattern(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed. None is what could not be read, of which `wrong` says why."""

    until: datetime | None
    delegate: str | None
    wrong: tuple[Refused, ...]


def leaving(*, until: str, delegate: str, zone: ZoneInfo, now: datetime, command: str = "") -> Leaving:
    """Read both, the time by the clocks of a zone. `command` is what somebody writes it behind, where they do."""
    wrong: list[Refused] = []
    moment: datetime | None = None
    try:
        moment = parse_until(until, zone=zone, now=now)
    except DateError:
        wrong.append(Said("away.time", absences.unread(until, zone, command)))
    named = delegate.strip()
    if not _ADDRESS.fullmatch(named):
        said = absences.no_address(named, command) if named else absences.nobody(moment, zone, command)
        wrong.append(Said("away.delegate", said))
    whole = None if wrong and wrong[-1].code == "away.delegate" else named
    return Leaving(until=moment, delegate=whole, wrong=tuple(wrong))
