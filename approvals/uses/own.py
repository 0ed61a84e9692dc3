"""What of a request is somebody's own, under whatever address or by whatever account it was recorded."""

from collections.abc import Mapping

from approvals.identities import Identity
from approvals.people.principals import IdentityRules
from approvals.requests import Request
from approvals.reviews import Review


def is_holder(request: Request, identity: Identity, rules: IdentityRules) -> bool:
    """This person asked for it, or the same account did under an address that it had before."""
    return _is(request.requester, identity, rules) or identity.proof.account == request.account


def own_votes(request: Request, identity: Identity, rules: IdentityRules) -> Mapping[int, Review]:
    """This person's votes on a request by their places in its record."""
    return {place: vote for place, vote in enumerate(request.reviews) if _is(vote.person, identity, rules)}


def _is(recorded: str, identity: Identity, rules: IdentityRules) -> bool:
    """A recorded address is this person's; an alias may have come into the policy since."""
    return rules.primary(recorded) == identity.principal
