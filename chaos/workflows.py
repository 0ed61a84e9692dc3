"""What must be true of revisions, emergencies and stand-ins, whatever was killed when."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from approvals.absences import LEFT
from approvals.requests import Request
from approvals.reviews import Review
from approvals.targets import accesses
from chaos.scene import ALONE, LONE, address
from countersign_client.chain import Entry

_SECOND = timedelta(seconds=1)


def narrowed(request: Request) -> Iterator[str]:
    """Each revision asks for less than the one before, and what decided are votes on the last one."""
    terms = [*(each.terms for each in request.former), request.terms]
    for before, after in pairwise(terms):
        more = set(accesses(after.targets)) - set(accesses(before.targets))
        if more or after.duration > before.duration or after.expires > before.expires:
            yield f"a revision of {request.id} gives more than was asked for: {after} after {before}"
    if request.revision != len(terms):
        yield f"{request.id} says revision {request.revision} and has had {len(terms)}"
    decision = request.decision
    if decision is not None and decision.outcome == "approved":
        counted = set(decision.by) - {review.person for review in request.reviews}
        if counted:
            yield f"{request.id} was approved by votes on an older revision: {sorted(counted)}"


def unreviewed(requests: Iterable[Request]) -> Iterator[str]:
    """Nobody breaks the glass again before their last emergency was reviewed, and nobody reviews their own."""
    for person, times in Counter(each.requester for each in requests if _open(each)).items():
        if times > 1:
            yield f"{person} has {times} emergencies that nobody has reviewed"


def reviewed(request: Request) -> Iterator[str]:
    """An emergency is marked as one, and its finding is another person's."""
    review = request.after_review
    if (review is not None) != (request.terms.requirement.kind == "break_glass" and request.decision is not None):
        yield f"{request.id} is an emergency without its review, or the other way round"
    if review is not None and review.finding is not None and review.finding.by == request.requester:
        yield f"{request.requester} has reviewed {request.id}, which is their own"


def _open(request: Request) -> bool:
    return request.after_review is not None and request.after_review.finding is None


def stood_in(request: Request, absences: Sequence[Entry]) -> Iterator[str]:
    """What one person alone may approve has no vote of others', but for her while she is away."""
    if not request.terms.entitlement.startswith(ALONE):
        return
    alone = address(LONE)
    for vote in request.reviews:
        if vote.person != alone and not (vote.behalf == alone and _away(vote, absences)):
            yield f"{vote.person} voted on {request.id} at {vote.at} for nobody who was away then"


def _away(vote: Review, absences: Sequence[Entry]) -> bool:
    """By the installation's chain she was away then, with this person in her place.

    The chain tells of whole seconds: what stands in the same one may have come before the vote or after it.
    """
    said = [each for each in absences if _at(each) <= vote.at]
    before = sum(_at(each) <= vote.at - _SECOND for each in said)
    return any(_stood(vote, said[:count]) for count in range(before, len(said) + 1))


def _stood(vote: Review, said: Sequence[Entry]) -> bool:
    moves = [each for each in said if vote.behalf in (each.actor, each.detail.get("person"))]
    if not moves or moves[-1].action != LEFT:
        return False
    detail = moves[-1].detail
    return detail["delegate"] == vote.person and vote.at < datetime.fromisoformat(detail["until"]) + _SECOND


def _at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.at)
