"""What is over soon: whoever asked is told of the time for a decision, and whoever has access of its end."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from approvals.ports.messages import Notice, Recipient
from approvals.requests import Request, lives, votes_open

EXPIRES, ENDS = "expires", "ends"
"""The steps of the two messages. Nobody is told either of them twice, whatever crashes."""


def is_once(notice: Notice) -> bool:
    """Whoever may have been told is not told again: a call, a reminder, and what is over soon."""
    return notice.kind == "turn" or (notice.kind, notice.step) in {("step", EXPIRES), ("step", ENDS)}


def is_redrawn(notice: Notice) -> bool:
    """It stays true as its request goes on. What asks or tells once stands as it was sent."""
    return notice.kind in {"card", "status", "deeds"} or (notice.kind, notice.step) == ("step", ENDS)


_SHORT = timedelta(minutes=10)
_LONGEST = timedelta(hours=1)


def ahead(begin: datetime, end: datetime) -> datetime | None:
    """When to say that something is over soon: with a quarter of its time left, at most an hour before its end.

    None for what is so short that its beginning says it.
    """
    length = end - begin
    return end - min(length / 4, _LONGEST) if length >= _SHORT else None


def moments(request: Request) -> Iterator[datetime]:
    """When its requester is to be told, past or to come."""
    found = _expires(request) if votes_open(request) else _ends(request)
    if found is not None:
        yield found


def notices(request: Request, to: Recipient, *, stands: bool, now: datetime) -> Iterator[Notice]:
    """What is to be said by now. `stands`: that access ends soon was said already, and says by now that it has."""
    expires, ends = _expires(request), _ends(request)
    if votes_open(request) and expires is not None and expires <= now < request.terms.expires:
        yield Notice(key=f"step:{EXPIRES}", kind="step", to=to, step=EXPIRES)
    due = ends is not None and ends <= now and request.grant is not None and now < request.grant.window.end
    if stands or due:
        yield Notice(key=f"step:{ENDS}", kind="step", to=to, step=ENDS)


def _expires(request: Request) -> datetime | None:
    return ahead(request.filed, request.terms.expires)


def _ends(request: Request) -> datetime | None:
    grant = request.grant
    if grant is None or not lives(request) or grant.state != "active":
        return None
    return ahead(grant.window.start, grant.window.end)
