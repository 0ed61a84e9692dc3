"""Which votes a requirement's `approve_when` takes: each is judged by what was kept with it, once for every look.

What it fails on, and what nobody kept with a vote that is older, is no.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, final

import msgspec

from approvals.identities import Identity
from approvals.people.accounts import How
from approvals.people.memberships import Memberships
from approvals.people.principals import Means
from approvals.policy.automatic import Judged, judged
from approvals.policy.model import Policy
from approvals.policy.rules import Occasion, RuleAnswer, holds
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import Request
from approvals.reviews import Review
from approvals.targets import resources


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody votes: where, which is empty where it was not kept, and by what it is proven who they are."""

    person: str
    means: Means | Literal[""]
    how: How
    at: datetime

    @classmethod
    def kept(cls, review: Review) -> "Manner":
        """How a vote was given, by what was kept with it."""
        return cls(person=review.person, means=review.means, how=review.how, at=review.at)

    @classmethod
    def of(cls, identity: Identity, *, at: datetime) -> "Manner":
        """How somebody votes who is here now."""
        means, how = identity.account.means, identity.proof.how
        return cls(person=identity.principal, means=means, how=how, at=at)

    def facts(self, person: str) -> Mapping[str, object]:
        """What stands behind `approver`, who is this person by now."""
        age = _age(self.how, at=self.at)
        return {
            "approver.principal": person,
            "approver.domain": person.rpartition("@")[2],
            "approver.acr": self.how.acr,
            "approver.amr": list(self.how.amr),
            "approver.levels": list(self.how.levels),
            **({"approver.channel": self.means} if self.means else {}),
            **({"approver.auth_age": age} if age is not None else {}),
        }


def _age(how: How, *, at: datetime) -> timedelta | None:
    """How old a sign-in was at most; None where nobody knows."""
    if how.auth_time is not None:
        return max(at - how.auth_time, timedelta(0))
    if not how.auth_within or how.read_at is None:
        return None
    return max(at - how.read_at, timedelta(0)) + timedelta(seconds=how.auth_within)


@final
class Fitting:
    """Judges votes on one request by the policy of now."""

    def __init__(self, request: Request, policy: Policy, memberships: Memberships) -> None:
        self._request = request
        self._policy = policy
        self._memberships = memberships
        self._known: dict[tuple[str, str, str, datetime], RuleAnswer] = {}

    @property
    def unsure(self) -> bool:
        """A vote was left out whose rule hangs on a group that could not be asked."""
        return "unknown" in self._known.values()

    def takes(self, rule: str, review: Review) -> bool:
        """Whether a rule certainly holds of a vote that was cast."""
        return self._held(rule, Manner.kept(review)) == "yes"

    def may_take(self, rules: Iterable[str], review: Review) -> bool:
        """Whether rules hold of it, as far as that can be known now."""
        return all(self._held(rule, Manner.kept(review)) in ("yes", "unknown") for rule in rules)

    def require(self, rule: str, manner: Manner) -> None:
        """Raise `Refused` where a vote that is given so would not count, `Unavailable` where that is unknown."""
        held = self._held(rule, manner)
        if held == "unknown":
            raise Unavailable("a group that a rule about approvals asks for could not be checked in time")
        if held == "error":
            raise Refused("approve_when.error", rule=rule)
        if held == "no":
            raise Refused("approve_when", rule=rule, zone=self._policy.timezone)

    def _held(self, rule: str, manner: Manner) -> RuleAnswer:
        if not rule:
            return "yes"
        key = (rule, manner.person, manner.means, manner.at)
        if key not in self._known:
            self._known[key] = self._judged(rule, manner)
        return self._known[key]

    def _judged(self, rule: str, manner: Manner) -> RuleAnswer:
        policy, asked = self._policy, self._occasion(manner.at)
        person = policy.identity.primary(manner.person)
        facts = {**asked.facts(policy), **manner.facts(person)}
        people = {"requester": asked.requester, "approver": person}
        return holds(rule, "approve_when", facts, policy=policy, memberships=self._memberships, people=people)

    def by_rule(self, *, at: datetime) -> Judged | None:
        """What the policy's rule says that approves by itself; None where it has none for this."""
        found = self._policy.entitlements.get(self._request.terms.entitlement)
        if found is None or found.auto is None:
            return None
        return judged(self._policy, found.auto, self._occasion(at), memberships=self._memberships)

    def _occasion(self, at: datetime) -> Occasion:
        """The request as of a vote: access would begin then, or when it was asked for."""
        terms = self._request.terms
        return Occasion(
            entitlement=terms.entitlement,
            resources=resources(terms.targets),
            duration=terms.duration,
            justification=terms.justification.text,
            requester=self._policy.identity.primary(self._request.requester),
            begins=at if terms.start is None else max(terms.start, at),
        )
