"""Measuring: what many requests come to, for administrators and auditors. Nothing here changes anything."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from approvals.cases import Cases
from approvals.errors import NotFound, Unavailable
from approvals.identities import Identity
from approvals.numbers import Count, Numbers
from approvals.ports.store import UNREVIEWED, OnResource, Sought, Span, Stretch
from approvals.uses.seeing import Seeing

WINDOW = timedelta(days=90)
"""How far back numbers go."""

MOST = 5_000
"""Requests, the newest of the window, that numbers are made from at most."""

_STEP = 500


class MeasuringStore(Protocol):
    """The part of a store that measuring needs."""

    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch: ...

    def on(self, resource: str) -> OnResource: ...


class Measuring:
    """Numbers for whoever may look at every request."""

    def __init__(self, *, store: MeasuringStore, cases: Cases, seeing: Seeing) -> None:
        self._store = store
        self._cases = cases
        self._seeing = seeing

    def numbers(self, identity: Identity, *, now: datetime) -> Numbers:
        """Of the last `WINDOW`. Raises `NotFound` for everybody else, `Unavailable` where that is not known."""
        known = self._seeing.everything(identity, now=now)
        if known == "unknown":
            raise Unavailable("a group of administrators or auditors could not be checked in time")
        if known == "no":
            raise NotFound("a page of administrators and auditors")
        return measured(self._store, Count(self._cases.policy()), since=now - WINDOW, until=now, most=MOST)


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
