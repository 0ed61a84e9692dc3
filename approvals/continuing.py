"""Extending: which access can be continued, from when on, and how long it may last in all."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.grants import Grant
from approvals.guards import Seen
from approvals.policy.model import Entitlement
from approvals.refusals.errors import NotFound, Refused
from approvals.requests import Request, Settled, lives, undecided
from approvals.targets import Target


class ContinuedReads(Protocol):
    """The part of a store that is asked."""

    def request(self, request_id: str) -> Request: ...


class Continuation(msgspec.Struct, frozen=True, kw_only=True):
    """What a request continues: which one, what that gives, since when in all, and until when."""

    request: str
    targets: tuple[Target, ...]
    began: datetime
    end: datetime


def newest(request: Request, own: Iterable[Request]) -> Request:
    """The last of the requests that continue this one and live: to extend the one is to extend the other.

    `own` are the requests of the same person. Raises `Refused` with code `extends.twice` where one waits.
    """
    following = [each for each in own if each.terms.extends == request.id]
    waiting = next(filter(undecided, following), None)
    if waiting is not None:
        raise Refused("extends.twice", request=waiting.id)
    live = next(filter(lives, following), None)
    return request if live is None else newest(live, own)


def require_live(request: Request, *, now: datetime) -> Grant:
    """The access that can be continued. Raises `Refused` or `Settled` where there is none."""
    grant = request.grant
    if grant is None:
        raise Refused("no_grant.extend", state=request.state)
    if not lives(request) or now >= grant.window.end:
        raise Settled("closed.approval" if request.approval_only else "closed", request)
    if grant.state == "scheduled":
        raise Refused("extends.early.approval" if request.approval_only else "extends.early")
    return grant


def continuation(request: Request, store: ContinuedReads, *, now: datetime) -> Continuation:
    """What there is to continue of a request. Raises what `require_live` does."""
    grant = require_live(request, now=now)
    return Continuation(
        request=request.id,
        targets=request.terms.targets,
        began=_began(request, store, grant),
        end=grant.window.end,
    )


def _began(request: Request, store: ContinuedReads, grant: Grant) -> datetime:
    """When the access began that was extended to this one, however often."""
    start, seen = grant.window.start, {request.id}
    while (earlier := request.terms.extends) and earlier not in seen:
        seen.add(earlier)
        request = store.request(earlier)
        start = request.grant.window.start if request.grant is not None else start
    return start


def longest(entitlement: Entitlement) -> timedelta:
    """How long access to it may last in all, from its first start on."""
    return entitlement.extend.max_total if entitlement.extend is not None else entitlement.duration.max


def room(entitlement: Entitlement, found: Continuation) -> timedelta:
    """By how much it can be extended, at most by what one request may ask; never less than nothing."""
    left = found.began + longest(entitlement) - found.end
    return max(timedelta(0), min(left, entitlement.duration.max))


def require_room(entitlement: Entitlement, found: Continuation, *, more: timedelta) -> None:
    """Raise `Refused` with code `extends.long` where access would last longer than the policy lets it in all."""
    if found.end + more > found.began + longest(entitlement):
        left, whole = room(entitlement, found), longest(entitlement)
        raise Refused(
            "extends.long",
            title=entitlement.title,
            longest=int(whole.total_seconds()),
            most=int(left.total_seconds()),
        )


def require_continuing(
    request: Request, entitlement: Entitlement, store: ContinuedReads, *, now: datetime
) -> Seen:
    """Raise `Refused` of kind `extends` unless a waiting request can still continue what it was filed for.

    What it continues lives, and the policy of now lets it last so long in all. Whoever approves it holds on to
    what was seen of that: it may be taken away in the same moment.
    """
    try:
        older = store.request(request.terms.extends)
        found = continuation(older, store, now=now)
    except (Refused, NotFound):
        raise Refused(
            "extends.over.approval" if request.approval_only else "extends.over", request=request.terms.extends
        ) from None
    require_room(entitlement, found, more=request.terms.duration)
    return Seen(request=older.id, version=older.version)
