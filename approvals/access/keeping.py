"""What other requests keep of access that was ended: a binding stays for as long as one of them needs it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from approvals.grants import LIVE, Kept
from approvals.requests import Request, lives
from approvals.targets import accesses, resources


class HoldingReads(Protocol):
    """The part of a store that is asked."""

    def holdings(self, *, resource: str, person: str) -> Sequence[Request]: ...

    def beside(self, request: Request) -> Sequence[Request]: ...


def kept_by_others(
    request: Request, store: HoldingReads, *, now: datetime, beside: Sequence[Request] | None = None
) -> tuple[Kept, ...]:
    """What other requests of its holder keep of access that was ended; while it lives, what it was extended by.

    `beside` are those for the same, where somebody has read them already.
    """
    if request.grant is None:
        return ()
    if request.approval_only:
        # It lies on no resource, and only requests for the same have to do with it.
        beside = store.beside(request) if beside is None else beside
        return extended(request, beside) if lives(request) else kept(request, beside, now=now)
    if lives(request) and beside is not None:
        return extended(request, beside)
    places = resources(request.terms.targets)
    if lives(request):
        # What continues it is for the same targets, so that one place knows of it.
        return extended(request, store.holdings(resource=places[0], person=request.requester))
    found = (each for place in places for each in store.holdings(resource=place, person=request.requester))
    return kept(request, found, now=now)


def kept(closed: Request, holdings: Iterable[Request], *, now: datetime) -> tuple[Kept, ...]:
    """The same, among requests of one person, which may come more than once."""
    if closed.grant is None or lives(closed):
        return ()
    # What begins later keeps nothing of it: it is given anew. What had begun by then does, also before it is made.
    end = min(closed.grant.closed_at or closed.grant.window.end, closed.grant.window.end)
    return tuple(
        found
        for other in {each.id: each for each in holdings}.values()
        if other.id != closed.id and other.grant is not None and other.grant.window.start <= end
        if (found := _kept(closed, other, now=now)) is not None
    )


def extended(live: Request, own: Iterable[Request]) -> tuple[Kept, ...]:
    """The last request, among those of the same person, that lets live access last longer; or none."""
    following = {each.terms.extends: each for each in own if each.terms.extends and lives(each)}
    last, seen = live, {live.id}
    while (after := following.get(last.id)) is not None and after.id not in seen:
        seen.add(after.id)
        last = after
    if last is live or last.grant is None or live.grant is None:
        return ()
    roles = tuple(dict.fromkeys(role for target in accesses(last.terms.targets) for role in target.roles))
    return (Kept(request=last.id, roles=roles, until=last.grant.window.end, whole=True),)


def _kept(closed: Request, other: Request, *, now: datetime) -> Kept | None:
    grant = other.grant
    if grant is None or grant.state not in LIVE or now >= grant.window.end:
        return None
    if closed.approval_only or other.approval_only:
        same = closed.approval_only and other.approval_only
        return Kept(request=other.id, roles=(), until=grant.window.end, whole=True) if same else None
    ended, held = _keys(closed), set(_keys(other))
    roles = tuple(dict.fromkeys(role for key in ended if key in held for role in key[2:]))
    whole = all(key in held for key in ended)
    return Kept(request=other.id, roles=roles, until=grant.window.end, whole=whole) if roles else None


def _keys(request: Request) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (target.resource, target.condition, role)
        for target in accesses(request.terms.targets)
        for role in target.roles
    )
