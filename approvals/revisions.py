"""Revisions of a request: what an approver offers in place of what was asked, and what was asked before."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from approvals.people.accounts import How
from approvals.refusals.errors import Refused
from approvals.reviews import Review, Typed, authenticated, on_record
from approvals.targets import accesses, action_of
from approvals.terms.records import Terms
from approvals.times import rfc3339

MOST_OFFERS = 20
"""Offers that can be made on one request; every one of them is told to whoever asked."""


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """Narrower terms that an approver offers, which become this `revision` once the requester accepts them.

    `by` is whose offer it is and `account` by which they were known. `covered` is the object that `digest` is of.
    It is no vote.
    """

    by: str
    at: datetime
    account: str
    channel: str
    revision: int
    terms: Terms
    covered: str
    digest: str
    how: How = How()
    why: Typed | None = None


class Former(msgspec.Struct, frozen=True, kw_only=True):
    """A revision that another one took the place of: its terms, and the reviews of it, which count no more.

    `accepted` is when the requester took the offer that followed it, `offer` that offer.
    """

    revision: int
    terms: Terms
    covered: str
    digest: str
    reviews: tuple[Review, ...]
    offer: Counter
    accepted: datetime
    account: str


class Less(msgspec.Struct, frozen=True, kw_only=True):
    """How much less is offered: for how long, and the numbers of the targets that stay; None: as it was asked."""

    duration: timedelta | None = None
    keep: tuple[int, ...] | None = None


def narrowed(terms: Terms, less: Less) -> Terms:
    """What is left of terms. Raises `Refused` of kind `counter` unless that is less, and something."""
    if action_of(terms.targets) is not None:
        raise Refused("counter.action")
    duration = terms.duration if less.duration is None else less.duration
    if duration <= timedelta(0) or duration.microseconds:
        raise Refused("duration.short")
    if duration > terms.duration:
        raise Refused("counter.wider", longest=int(terms.duration.total_seconds()))
    every = range(len(terms.targets))
    keep = tuple(every) if less.keep is None else tuple(sorted(set(less.keep)))
    if not keep or not set(keep) <= set(every):
        raise Refused("counter.targets")
    if duration == terms.duration and len(keep) == len(every):
        raise Refused("counter.same")
    targets = tuple(terms.targets[number] for number in keep)
    return msgspec.structs.replace(terms, duration=duration, targets=targets)


def left_out(terms: Terms, offered: Terms) -> tuple[str, ...]:
    """The resources that an offer leaves out, in the order of what was asked."""
    kept = accesses(offered.targets)
    return tuple(each.resource for each in accesses(terms.targets) if each not in kept)


# --- as their chain tells it


def offered(found: Counter) -> dict[str, Any]:
    """What the chain says of an offer besides who made it and when."""
    detail: dict[str, Any] = {
        "revision": found.revision,
        "digest": found.digest,
        "duration": int(found.terms.duration.total_seconds()),
        "account": found.account,
        "channel": found.channel,
    }
    detail |= {"how": how} if (how := authenticated(found.how)) else {}
    return detail | ({"comment": found.why.digest} if found.why is not None else {})


def facts(found: Counter | None) -> dict[str, Any] | None:
    """An offer in the values that a chain holds."""
    return None if found is None else {"by": found.by, "at": rfc3339(found.at)} | offered(found)


def former_facts(found: Former) -> dict[str, Any]:
    """An older revision in the values that a chain holds."""
    return {
        "revision": found.revision,
        "digest": found.digest,
        "reviews": [review_facts(each, found) for each in found.reviews],
        "offer": facts(found.offer),
        "accepted": rfc3339(found.accepted),
        "account": found.account,
    }


def review_facts(review: Review, of: Any) -> dict[str, Any]:
    """A vote on a revision (whatever has its number and digest) in the values that a chain holds."""
    said = {"person": review.person, "verdict": review.verdict}
    return said | {"digest": of.digest, "revision": of.revision} | on_record(review)
