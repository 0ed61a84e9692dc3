"""What can happen to a request's terms while it waits: an approver offers less, and whoever asked accepts that."""

from datetime import datetime

from approvals.chaining import at_or_after, chained
from approvals.changes import Change
from approvals.people.accounts import Proof
from approvals.refusals.errors import Refused
from approvals.requests import Request, require_votes_open
from approvals.reviews import Typed, authenticated
from approvals.revisions import MOST_OFFERS, Counter, Former, Less, narrowed, offered
from approvals.terms.covered import cover
from approvals.terms.records import Asked


def counter(request: Request, less: Less, *, by: str, proof: Proof, why: Typed | None, now: datetime) -> Change:
    """Offer less than what is asked, in place of any offer before. Nothing else changes before it is accepted.

    `proof` is that of `by`, who may decide. Raises `Refused` of kind `counter`, and what a vote does.
    """
    require_votes_open(request, now=now)
    terms = narrowed(request.terms, less)
    number = (request.counter.revision if request.counter is not None else request.revision) + 1
    if number > MOST_OFFERS + 1:
        raise Refused("counter.many", most=MOST_OFFERS)
    covered = cover(Asked(request=request.id, revision=number, requester=request.requester, terms=terms))
    found = Counter(
        by=by,
        at=at_or_after(request, now),
        account=proof.account,
        channel=proof.channel,
        revision=number,
        terms=terms,
        covered=covered.text,
        digest=covered.digest,
        how=proof.how,
        why=why,
    )
    return chained(request, now=now, actor=by, action="request.countered", detail=offered(found), counter=found)


def accept(request: Request, *, proof: Proof, now: datetime) -> Change:
    """The requester takes what is offered: it is what they ask for from here on. Nobody has voted on it yet."""
    require_votes_open(request, now=now)
    found = request.counter
    if found is None:
        raise Refused("counter.none")
    former = Former(
        revision=request.revision,
        terms=request.terms,
        covered=request.covered,
        digest=request.digest,
        reviews=request.reviews,
        offer=found,
        accepted=at_or_after(request, now),
        account=proof.account,
    )
    detail = {"revision": found.revision, "digest": found.digest, "account": proof.account}
    detail |= {"how": how} if (how := authenticated(proof.how)) else {}
    return chained(
        request,
        now=now,
        actor=request.requester,
        action="request.accepted",
        detail=detail,
        revision=found.revision,
        terms=found.terms,
        covered=found.covered,
        digest=found.digest,
        reviews=(),
        counter=None,
        former=(*request.former, former),
    )
