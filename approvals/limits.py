"""How much one person or application may ask for, so that nobody buries the requests of others.

What an application asks for people counts against its own limits, and against nobody's else. Of an agent's, what
it asks for one person counts against a share as well: it writes its calls itself, and has all the time there is.
Counted where a request is filed, in the same transaction: no more get through at the same instant.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

import msgspec

from approvals.ids import application_ref
from approvals.refusals.errors import Refused

OPEN = 60
"""Requests that one person may have waiting or giving access."""

HOUR = timedelta(hours=1)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that one may have waiting, and may file within an hour. What nobody is asked for is not counted.

    `share` is how much of it may be for one person, where somebody asks for many.
    """

    pending: int = 20
    per_hour: int = 60
    share: "Limits | None" = None


APPLICATION = Limits(pending=100, per_hour=600)
"""What an application may have waiting and file within an hour, where the policy says nothing else."""

MOST_OF_APPLICATION = Limits(pending=500, per_hour=3_600)
"""What a policy may let one have."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What one has: requests that wait, those that wait or give access, and the last hour's filings.

    `open` is None of an application, which gets no access. `share`: it is what one asks for one person.
    """

    waiting: int
    open: int | None
    filed: Sequence[datetime]
    share: bool = False


class Filings(Protocol):
    """What a store knows of who asked."""

    def require_room(self, filer: str, limits: Limits, *, now: datetime) -> None:
        """Raise what a store's `create` would now, before anything is looked up for it."""

    def requesters(self, request_ids: Collection[str]) -> Mapping[str, str]:
        """Who asked, by request; one that is not there is left out."""


def filer(requester: str, account: str) -> str:
    """Whose limits count a request: those of the application that asks (`application:ID`), or of the person."""
    return account.partition("/")[0] if is_application(account) else requester


def counted(requester: str, account: str, limits: Limits) -> Sequence[tuple[str, Limits]]:
    """Each of the limits that count a request, and whose it is: see `filer`. A share is its account's."""
    one = filer(requester, account), limits
    return [one] if limits.share is None else [one, (account, limits.share)]


def is_share(filer: str) -> bool:
    """It is an account by which an application asks for one person."""
    return is_application(filer) and "/" in filer


def is_application(filer: str) -> bool:
    """It is an application, or an account by which one asks; people's accounts are of other schemes."""
    return filer.startswith(application_ref(""))


def require_room(limits: Limits, standing: Standing, *, now: datetime) -> None:
    """Raises `Refused` of kind `limit` where one more request is too many."""
    # A clock that was ahead for a while must not keep anybody out for as long.
    filed = sorted(moment for moment in standing.filed if abs(now - moment) < HOUR)
    share, program = standing.share, standing.open is None
    if len(filed) >= limits.per_hour:
        wait = ceil((filed[-limits.per_hour] + HOUR - now).total_seconds())
        raise Refused(
            "limit.share.hour" if share else "limit.application.hour" if program else "limit.hour",
            most=limits.per_hour,
            wait=wait,
        )
    if standing.waiting >= limits.pending:
        raise Refused(
            "limit.share.waiting" if share else "limit.application.waiting" if program else "limit.waiting",
            most=limits.pending,
        )
    if standing.open is not None and standing.open >= OPEN:
        raise Refused("limit.open", most=OPEN)
