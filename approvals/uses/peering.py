"""What people decide on of what IAM offers: which of it their history goes through, and what of that they may see.

All that IAM offers is searched in an index that may be minutes old. So it says where to look and nothing more:
each request that is found there is held against this moment, as its page is.
"""

from datetime import datetime
from itertools import islice

from approvals.identities import Identity
from approvals.judging.cases import Cases
from approvals.offers.iam_offers import project_of
from approvals.policy.selectors import answer, directory_groups
from approvals.refusals.errors import NotFound
from approvals.requests import Request
from approvals.uses.own import is_holder
from approvals.uses.seeing import Seeing

MOST = 1_000
"""Of so many things that IAM offers the requests are looked for, where somebody decides on more of them."""

GROUPS = 200
"""Directory groups that are looked into for it."""


class Peering:
    """Finds what peers decide on, and holds each request against now."""

    def __init__(self, *, cases: Cases, seeing: Seeing) -> None:
        self._cases = cases
        self._seeing = seeing

    def decided_by(self, identity: Identity, *, now: datetime) -> tuple[tuple[str, ...], bool]:
        """The ids of what IAM offers and somebody decides on, and whether there may be more."""
        policy, person = self._cases.policy(), identity.principal
        if policy.source is None or identity.account.guest:
            return (), False
        shelf = self._cases.catalog.shelf(policy, now=now)
        if shelf is None:
            return (), True
        groups = sorted(directory_groups(policy, {who for those in shelf.deciders for who in those}))
        asked = tuple(f"group:{each}" for each in groups[:GROUPS])
        known = self._cases.about(person, selectors=asked, now=now).memberships
        answers = {those: answer(policy, those, person, known) for those in shelf.deciders}
        mine = (name for those, names in shelf.deciders.items() if answers[those] == "yes" for name in names)
        found = tuple(islice(mine, MOST + 1))
        return found[:MOST], len(found) > MOST or "unknown" in answers.values()

    def sees(self, identity: Identity, request: Request, *, now: datetime) -> bool:
        """Whether a request for what IAM offers is theirs to see, as its page is. Raises `Unavailable`."""
        if is_holder(request, identity, self._cases.policy().identity):
            return True
        try:
            self._seeing.require(self._cases.of(request, now=now, by=identity), identity, now=now)
        except NotFound:
            return False
        return True


def of_iam(request: Request) -> bool:
    """What was asked for was offered by IAM."""
    return bool(project_of(request.terms.entitlement))
