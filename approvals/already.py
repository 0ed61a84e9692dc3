"""What somebody has already, or asked for before, when they ask for something."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from approvals.requests import Request, is_for_the_same, undecided
from approvals.targets import Target, covers


class BesideReads(Protocol):
    """The part of a store that is asked."""

    def beside(self, request: Request) -> Sequence[Request]: ...


class Already(msgspec.Struct, frozen=True, kw_only=True):
    """What one person has of an entitlement: the access that lasts longest, and the request that waits for it."""

    active: Request | None = None
    waits: Request | None = None


def already(entitlement: str, own: Iterable[Request], *, targets: tuple[Target, ...]) -> Already:
    """Find what one person has of an entitlement among their own requests, of which the newest come first.

    They have it whose access is to all of these `targets`: of a bundle a part may have been left out.
    """
    same = [each for each in own if each.terms.entitlement == entitlement]
    whole = [each for each in same if covers(each.terms.targets, asked=targets)]
    active = {each.grant.window.end: each for each in whole if each.grant and each.grant.state == "active"}
    waits = next((each for each in same if undecided(each)), None)
    return Already(active=active[max(active)] if active else None, waits=waits)


def asked_before(request: Request, store: BesideReads) -> Request | None:
    """What `earlier` finds among what the same person has and asks for beside it, of which no more is read."""
    return earlier(request, store.beside(request)) if _compares(request) else None


def earlier(request: Request, own: Iterable[Request]) -> Request | None:
    """What gives the same person the same already, for the longest; else an older request for it that waits.

    Each action stands for itself, whatever else its application has asked for, and what continues other access
    says so.
    """
    if not _compares(request):
        return None
    others = [
        each
        for each in own
        if is_for_the_same(each, request) and (not undecided(each) or each.filed <= request.filed)
    ]
    found = already(request.terms.entitlement, others, targets=request.terms.targets)
    return found.active or found.waits


def _compares(request: Request) -> bool:
    return request.action is None and not request.terms.extends
