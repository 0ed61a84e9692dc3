"""What one transaction writes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from approvals.guards import Guard, Seen
from approvals.limits import Limits
from approvals.refusals.errors import Conflict
from approvals.requests import Request
from approvals.reviews import Review
from countersign_client.chain import Entry


class ReviewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A review is unique by (request, revision, person, number); `jti` is the activation token it used."""

    request: str
    revision: int
    person: str
    jti: str
    number: int = 1


def review_key(request: Request, review: Review) -> ReviewKey:
    """What makes this review of this request unique."""
    return ReviewKey(
        request=request.id,
        revision=request.revision,
        person=review.person,
        jti=review.jti,
        number=review.number,
    )


def review_keys(request: Request) -> tuple[ReviewKey, ...]:
    """What makes each review of each revision unique."""
    replace = msgspec.structs.replace
    every = [replace(request, revision=old.revision, reviews=old.reviews) for old in request.former]
    return tuple(review_key(each, review) for each in (*every, request) for review in each.reviews)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What must not happen twice, by its name, and what came of it (`body`); forgotten some time after `until`."""

    name: str
    until: datetime
    body: bytes = b""


class Marked(Conflict):
    """A mark of this name is there already: what it stands for has happened."""

    def __init__(self, name: str) -> None:
        super().__init__("a mark of this name is there already")
        self.name = name


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the installation's chain that is still to be made."""

    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What an account's record of answers becomes, from the version that was read; zero where there was none.

    Nobody needs it after `until`: then its body is emptied.
    """

    account: str
    version: int
    body: bytes
    until: datetime


With = Callable[[], Beside | None]
"""What is kept with a change that may have to be tried again, made anew for each try."""


def nothing() -> None:
    """Nothing is kept beside a change."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The next record, its audit entries, its review, and the work it wakes.

    `request.version` is one above the version that was read. `wake` names subjects that become due at `due`.
    `limits` are the requester's, where a request is filed: counted in the transaction that writes it. `guards`
    must hold in that transaction, and other requests be as they were `seen`, or nothing of the change is kept.
    `beside` is kept with it, or neither is. So are `marks`, none of which may be there before; `unmarks` are names
    of marks that are there no more with it.
    """

    request: Request
    entries: tuple[Entry, ...]
    review: ReviewKey | None = None
    wake: tuple[str, ...] = ()
    due: datetime
    limits: Limits | None = None
    guards: tuple[Guard, ...] = ()
    seen: tuple[Seen, ...] = ()
    beside: Beside | None = None
    marks: tuple[Mark, ...] = ()
    unmarks: tuple[str, ...] = ()
