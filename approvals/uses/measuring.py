"""Measuring: what many requests come to, for administrators and auditors. Nothing here changes anything."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from approvals.identities import Identity
from approvals.judging.cases import Cases
from approvals.numbers import Count, Numbers
from approvals.policy.model import Policy, approvers
from approvals.policy.notified import Members
from approvals.policy.selectors import directory_groups
from approvals.ports.store import UNREVIEWED, OnResource, Sought, Span, Stretch
from approvals.refusals.errors import NotFound, Refused, Unavailable
from approvals.uses.administrators import require_among
from approvals.uses.seeing import Seeing

WINDOW = timedelta(days=90)
"""How far back numbers go."""

MOST = 5_000
"""Requests, the newest of the window, that numbers are made from at most."""

_STEP = 500

_GROUPS = 10
"""Directory groups that are listed for one look at most."""

_LISTING = 4.0
"""Seconds that listing them takes at most."""

_LARGEST = 200


class MeasuringStore(Protocol):
    """The part of a store that measuring needs."""

    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch: ...

    def on(self, resource: str) -> OnResource: ...


class Lists(Protocol):
    """Lists directory groups."""

    def members(self, group: str, *, most: int, timeout: float) -> frozenset[str]:
        """Raises `Unavailable`, `NotFound` or `Refused`."""


class Measuring:
    """Numbers for whoever may look at every request. `lists`: None where no group can be listed."""

    def __init__(self, *, store: MeasuringStore, cases: Cases, seeing: Seeing, lists: Lists | None) -> None:
        self._store = store
        self._cases = cases
        self._seeing = seeing
        self._lists = lists

    def numbers(self, identity: Identity, *, now: datetime) -> Numbers:
        """Of the last `WINDOW`. Raises `NotFound` for everybody else, `Unavailable` where that is not known."""
        require_among(self._seeing.everything(identity, now=now), "administrators and auditors")
        policy = self._cases.policy()
        counting = Count(policy, members=listed(policy, self._lists))
        return measured(self._store, counting, since=now - WINDOW, until=now, most=MOST)

    @property
    def sources(self) -> bool:
        """IAM offers something as well, of which nobody knows here what was not asked for."""
        return self._cases.policy().source is not None


def listed(policy: Policy, lists: Lists | None) -> Members:
    """What lists the directory groups of the approvers, each asked once; nothing of more than can be asked."""
    stages = [stage for each in policy.offered for stage in each.requirement.stages]
    groups = sorted(each for each in directory_groups(policy, approvers(stages)) if "://" not in each)
    known: dict[str, frozenset[str] | None] = {}
    if lists is not None and len(groups) <= _GROUPS:
        known = {group: _members(lists, group, timeout=_LISTING / len(groups)) for group in groups}
    return known.get


def _members(lists: Lists, group: str, *, timeout: float) -> frozenset[str] | None:
    try:
        return lists.members(group, most=_LARGEST, timeout=timeout)
    except (Unavailable, NotFound, Refused):
        return None


def measured(store: MeasuringStore, count: Count, *, since: datetime, until: datetime, most: int) -> Numbers:
    """Add up what was filed since then, so many at most, newest first. `until` is now."""
    span, left, whole = Span(since=since), most, True
    while True:
        stretch = store.history([Sought(everything=True)], span=span, limit=min(left, _STEP))
        for each in stretch.requests:
            count.add(each)
        left -= len(stretch.requests) + len(stretch.damaged)
        whole = whole and not stretch.damaged
        if stretch.last is None or left <= 0:
            break
        span = Span(since=since, before=stretch.last)
    unreviewed = store.on(UNREVIEWED)
    return count.numbers(
        since=since if stretch.last is None else stretch.last.filed,
        until=until,
        whole=whole and stretch.last is None,
        unreviewed=len(unreviewed.requests) + len(unreviewed.damaged),
    )
