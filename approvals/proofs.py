"""How long votes count whose accounts cannot be looked up again, for whoever sees them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec

from approvals.people.accounts import Account
from approvals.people.principals import IdentityRules
from approvals.reviews import Review


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """Approvals by a page, or where no others are taken: until when each counts, and which count no more."""

    until: Mapping[str, datetime] = {}
    lapsed: frozenset[str] = frozenset()


def serving(
    votes: Iterable[Review],
    *,
    counted: Collection[Review],
    accounts: Mapping[str, Account | None],
    rules: IdentityRules,
) -> Serving:
    """Say it of everybody's vote that stands, by the address under which it was given."""
    until: dict[str, datetime] = {}
    lapsed: set[str] = set()
    for vote in votes:
        account = accounts.get(vote.account)
        by_page = account is not None and account.means == "web"
        if vote.verdict != "approve" or account is None or not (by_page or rules.accept.decide == "web"):
            continue
        if vote not in counted:
            lapsed.add(vote.person)
        elif vote.how.read_at is not None:
            until[vote.person] = vote.how.read_at + rules.proof_age
    return Serving(until=until, lapsed=frozenset(lapsed))
