"""On whose behalf somebody votes, as it is when they do: kept with the vote, and recounted from what was kept."""

import msgspec

from approvals import absences
from approvals.guards import Guard
from approvals.judging.case import Case
from approvals.reviews import Review, standing


def kept_with(case: Case, review: Review) -> Review:
    """The vote with the one for whom it is cast, and with all with whom this person counts as one now."""
    person, given = case.policy.identity.primary(review.person), case.rights.delegations
    asked = (*case.frozen.open_stages, *(case.current.open_stages if case.current is not None else ()))
    stages = asked or case.request.terms.requirement.stages
    own = any(given.own(stage, person) == "yes" for stage in stages)
    behalf = "" if own else next(filter(None, (given.behalf(stage, person) for stage in stages)), "")
    return msgspec.structs.replace(review, behalf=behalf, beside=given.beside(person))


def held(case: Case) -> tuple[Guard, ...]:
    """What an approval holds on to where somebody counts by another's right: that nobody came back meanwhile."""
    if not any(vote.behalf for vote in standing(case.request.reviews)):
        return ()
    return (absences.guard(case.evidence.standins.number),)
