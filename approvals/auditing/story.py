"""What happened to a request, as its audit chain tells it and where its record bears that out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from approvals.auditing import replay
from approvals.requests import Request, every_review
from approvals.reviews import Review, Typed
from approvals.texts import every_text
from countersign_client import chain
from countersign_client.chain import ChainError, Entry


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the chain. Of a vote `review` is what the record keeps; `typed` is why somebody did it."""

    at: datetime
    by: str
    action: str
    detail: Mapping[str, Any]
    review: Review | None = None
    typed: Typed | None = None


def story(request: Request, entries: Sequence[Entry]) -> tuple[Happening, ...] | None:
    """Everything that happened until this version of the record, oldest first; None where that is not proven.

    What was written since the record was read is left out.
    """
    told = entries[: request.seq]
    try:
        chain.verify(told, request=request.id, head=request.head)
    except ChainError:
        return None
    if next(replay.faults(request, told), None) is not None:
        return None
    return tuple(_happenings(request, told))


def _happenings(request: Request, entries: Sequence[Entry]) -> Iterator[Happening]:
    votes = iter(every_review(request))
    texts = {each.digest: each for each in _reasons(request)}
    for entry in entries:
        review = next(votes) if entry.action.startswith("review.") else None
        yield Happening(
            at=datetime.fromisoformat(entry.at),
            by=entry.actor,
            action=entry.action,
            detail=entry.detail,
            review=review,
            typed=texts.get(entry.detail.get("comment", "")),
        )


def _reasons(request: Request) -> Iterator[Typed]:
    """Why somebody denied, withdrew or ended it."""
    return (each for name, each in every_text(request) if name != "reason")
