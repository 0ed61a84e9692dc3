"""How much one person may ask for, so that nobody buries the requests of others or holds up their own removals.

Counted where a request is filed, in the same transaction: no more get through at the same instant.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

import msgspec

from approvals.errors import Refused

OPEN = 60
"""Requests that one person may have waiting or giving access."""

HOUR = timedelta(hours=1)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that one person may have waiting, and may file within an hour. A policy only makes them smaller."""

    pending: int = 20
    per_hour: int = 60


APPLICATION = Limits(pending=100, per_hour=600)
"""What an application may have waiting and file within an hour, where the policy says nothing else."""

MOST_OF_APPLICATION = Limits(pending=2_000, per_hour=20_000)
"""What a policy may let one have."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What one person has: requests that wait, those that wait or give access, and the last hour's filings."""

    waiting: int
    open: int
    filed: Sequence[datetime]


class Filings(Protocol):
    """What a store knows of who asked."""

    def require_room(self, person: str, limits: Limits, *, now: datetime) -> None:
        """Raise what a store's `create` would now, before anything is looked up for it."""

    def requesters(self, request_ids: Collection[str]) -> Mapping[str, str]:
        """Who asked, by request; one that is not there is left out."""


def require_room(limits: Limits, standing: Standing, *, now: datetime) -> None:
    """Raises `Refused` of kind `limit` where one more request is too many."""
    # A clock that was ahead for a while must not keep anybody out for as long.
    filed = sorted(moment for moment in standing.filed if abs(now - moment) < HOUR)
    if len(filed) >= limits.per_hour:
        wait = filed[-limits.per_hour] + HOUR - now
        raise Refused("limit.hour", most=limits.per_hour, wait=ceil(wait.total_seconds()))
    if standing.waiting >= limits.pending:
        raise Refused("limit.waiting", most=limits.pending)
    if standing.open >= OPEN:
        raise Refused("limit.open", most=OPEN)
