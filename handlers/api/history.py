"""The history for programs: what the caller may look at, however long ago it was decided, searched and paged."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from approvals.ports.store import Position, Span
from approvals.uses import Uses
from approvals.uses.history import Wanted
from handlers.api.calls import Asked
from handlers.api.documents import Writer
from handlers.api.freezes import frozen_for
from handlers.wire.problems import Fault
from handlers.wire.query import older, place, require_known, whole_number
from handlers.wire.written import Reply
from handlers.wording.dates import DateError, edge
from handlers.wording.grants import WORDS
from handlers.wording.history.exports import FORMS, Form, written

MOST = 100
"""Requests of one answer."""

SEARCH = ("who", "what", "entitlement", "state", "from", "to")
"""What narrows a search, by its name in the address."""

_USUAL = 50
_LONGEST = 200


class History:
    """Answers `GET /v1/history`."""

    def __init__(self, uses: Uses, writer: Writer) -> None:
        self._uses = uses
        self._writer = writer

    def list(self, asked: Asked) -> Reply:
        """A page, newest first. `more`: not all was looked through; `unsure`: something may be missing."""
        require_known(asked.query, *SEARCH, "limit", "cursor")
        most = whole_number(asked.query, "limit", most=MOST, least=1, usual=_USUAL)
        wanted = searched(asked.query, self._uses.standing_in.timezone, before=place(asked.query))
        found = self._uses.history.look(asked.caller.identity, wanted, most=most, now=asked.now)
        return Reply(
            body={
                "items": [self._writer.past(each, kept=found.kept.get(each.id, ())) for each in found.requests],
                "damaged": [each.request for each in found.damaged],
                "next": older(found.older),
                "more": found.cut,
                "unsure": found.unsure,
                "everything": found.everything,
                "frozen": frozen_for(self._uses, asked),
            }
        )


def exported(uses: Uses, asked: Asked) -> tuple[Form, Iterator[bytes]]:
    """What `GET /v1/export` sends, piece by piece, and in which form. Raises `Fault`, or as the use does."""
    require_known(asked.query, *SEARCH, "form")
    form = asked.query.get("form", "jsonl")
    if form not in FORMS:
        raise Fault(400, "query", f"form is one of {', '.join(FORMS)}.", field="form")
    wanted = searched(asked.query, uses.standing_in.timezone)
    found = uses.history.export(asked.caller.identity, wanted, form=form, now=asked.now)
    return cast("Form", form), written(found, cast("Form", form))


def numbers(uses: Uses, asked: Asked) -> Reply:
    """What `GET /v1/numbers` answers. Raises `NotFound` for whom they are nothing."""
    require_known(asked.query)
    return Reply(body=uses.measuring.numbers(asked.caller.identity, now=asked.now))


def searched(query: Mapping[str, str], timezone: str, *, before: Position | None = None) -> Wanted:
    """What a query looks for; its days are those of the time zone. Raises `Fault`."""
    said = {name: query.get(name, "").strip() for name in SEARCH}
    for name, text in said.items():
        if len(text) > _LONGEST:
            raise Fault(400, "query", f"{name} is at most {_LONGEST} characters.", field=name)
    if said["state"] and said["state"] not in WORDS:
        raise Fault(400, "query", f"state is one of {', '.join(WORDS)}.", field="state")
    zone = ZoneInfo(timezone)
    since, until = _edge(said, "from", zone), _edge(said, "to", zone, last=True)
    if since is not None and until is not None and since >= until:
        raise Fault(400, "query", "from is after to: change one of them.", field="from")
    span = Span(since=since, until=until, before=before)
    return Wanted(
        person=said["who"],
        words=said["what"],
        entitlement=said["entitlement"],
        standing=said["state"],
        span=span,
    )


def _edge(said: Mapping[str, str], name: str, zone: ZoneInfo, *, last: bool = False) -> datetime | None:
    if not said[name]:
        return None
    try:
        return edge(said[name], zone, last=last)
    except DateError:
        text = (
            f"{name} is a day such as 2026-11-27, which counts, by the clocks of {zone.key}, or a moment such as"
            " 2026-11-27T00:00:00Z: from counts, and to does not any more."
        )
        raise Fault(400, "query", text, field=name) from None
