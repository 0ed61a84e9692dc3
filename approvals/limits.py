"""How much one person or application may ask for, so that nobody buries the requests of others.

What an application asks for people counts against its own limits, and against nobody's else.
Counted where a request is filed, in the same transaction: no more get through at the same instant.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

import msgspec

from approvals.errors import Refused
from approvals.ids import application_ref

OPEN = 60
"""Requests that one person may have waiting or giving access."""

HOUR = timedelta(hours=1)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that one may have waiting, and may file within an hour. What nobody is asked for is not counted."""

    pending: int = 20
    per_hour: int = 60


APPLICATION = Limits(pending=100, per_hour=600)
"""What an application may have waiting and file within an hour, where the policy says nothing else."""

MOST_OF_APPLICATION = Limits(pending=500, per_hour=3_600)
"""What a policy may let one have."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What one has: requests that wait, those that wait or give access, and the last hour's filings.

    `open` is None of an application, which gets no access.
    """

    waiting: int
    open: int | None
    filed: Sequence[datetime]


class Filings(Protocol):
    """What a store knows of who asked."""

    def require_room(self, filer: str, limits: Limits, *, now: datetime) -> None:
        """Raise what a store's `create` would now, before anything is looked up for it."""

    def requesters(self, request_ids: Collection[str]) -> Mapping[str, str]:
        """Who asked, by request; one that is not there is left out."""


def filer(requester: str, account: str) -> str:
    """Whose limits count a request: those of the application that asks (`application:ID`), or of the person."""
    return account.partition("/")[0] if is_application(account) else requester


def is_application(filer: str) -> bool:
    """It is an application, or an account by which one asks; people's accounts are of other schemes."""
    return filer.startswith(application_ref(""))


def require_room(limits: Limits, standing: Standing, *, now: datetime) -> None:
    """Raises `Refused` of kind `limit` where one more request is too many."""
    # A clock that was ahead for a while must not keep anybody out for as long.
    filed = sorted(moment for moment in standing.filed if abs(now - moment) < HOUR)
    program = standing.open is None
    if len(filed) >= limits.per_hour:
        wait = ceil((filed[-limits.per_hour] + HOUR - now).total_seconds())
        if program:
            raise Refused("limit.application.hour", most=limits.per_hour, wait=wait)
        raise Refused("limit.hour", most=limits.per_hour, wait=wait)
    if standing.waiting >= limits.pending:
        if program:
            raise Refused("limit.application.waiting", most=limits.pending)
        raise Refused("limit.waiting", most=limits.pending)
    if standing.open is not None and standing.open >= OPEN:
        raise Refused("limit.open", most=OPEN)
