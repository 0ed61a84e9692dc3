"""What the policy says to one ask. One computation serves the form, the explanation and the gate.

1. A check that cannot be answered counts as unsatisfied for the gate, and says so.
2. Only `Evaluation.offer` makes an `Offer`, and only when every check is satisfied.
3. Terms frozen earlier are offered again only where the policy of now still covers them; it never widens them.
"""

from datetime import datetime, timedelta
from typing import final

import msgspec

from approvals.people.memberships import Memberships
from approvals.policy import checks
from approvals.policy.model import Entitlement, Policy, Requirement
from approvals.policy.rules import Occasion
from approvals.policy.selectors import answer
from approvals.policy.starting import start_of
from approvals.refusals.errors import OffersUnknown, Refused, Unavailable
from approvals.targets import resources

_SEAL = object()


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for. Without a duration the entitlement's usual one is meant.

    `start` is when access is to begin, where that is not at once. `extends` is their own request whose access goes
    on for so long; empty: this one stands for itself.
    `break_glass`: they have said a second time that it is an emergency.
    """

    entitlement: str
    duration: timedelta | None
    justification: str
    start: datetime | None = None
    extends: str = ""
    break_glass: bool = False


@final
class Offer:
    """The terms that the policy offers to one requester now. Only `Evaluation.offer` makes one."""

    __slots__ = (
        "duration",
        "entitlement",
        "limits",
        "owners",
        "pending",
        "policy",
        "requester",
        "requirement",
        "start",
    )

    def __init__(
        self,
        seal: object,
        *,
        policy: Policy,
        entitlement: Entitlement,
        duration: timedelta,
        start: datetime | None,
        requester: str,
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("an offer comes from evaluate() alone")
        self.entitlement = entitlement
        self.duration = duration
        self.start = start
        self.requester = requester
        self.owners = policy.identity.service_accounts.get(requester, ())
        self.pending = policy.pending_for(entitlement)
        self.limits = policy.limits
        self.requirement: Requirement = entitlement.requirement
        self.policy = policy.digest


@final
class Evaluation:
    """The checks in order. `entitlement` and `duration` are None where they are unknown or unusable."""

    __slots__ = ("_policy", "checks", "duration", "entitlement", "requester", "start")

    def __init__(
        self,
        seal: object,
        *,
        policy: Policy,
        requester: str,
        checks: tuple[checks.Check, ...],
        entitlement: Entitlement | None,
        duration: timedelta | None,
        start: datetime | None = None,
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("an evaluation comes from evaluate() alone")
        self._policy = policy
        self.requester = requester
        self.checks = checks
        self.entitlement = entitlement
        self.duration = duration
        self.start = start

    def offer(self) -> Offer:
        """Return the offer.

        Raises `Refused` for all unsatisfied checks at once, else `Unavailable` for an unknown one.
        """
        unmet = [check for check in self.checks if check.state != "satisfied"]
        refused = [Refused(check.reason) for check in unmet if check.reason is not None]
        if refused:
            raise refused[0].besides(refused[1:])
        if unmet:
            if unmet[0].name == "entitlement":
                raise OffersUnknown("what IAM offers cannot be known now")
            raise Unavailable(f"the check {unmet[0].name} cannot be answered right now")
        if self.entitlement is None or self.duration is None:
            raise Refused("entitlement")
        return Offer(
            _SEAL,
            policy=self._policy,
            entitlement=self.entitlement,
            duration=self.duration,
            start=self.start,
            requester=self.requester,
        )


def evaluate(
    policy: Policy, ask: Ask, *, requester: str, memberships: Memberships, begins: datetime
) -> Evaluation:
    """Hold an ask against the policy, for access that would begin at a moment, or later where the ask says so.

    Raises nothing for what the policy does not offer: the checks say it.
    """
    person = policy.identity.primary(requester)
    entitlement = policy.entitlements.get(ask.entitlement)
    if entitlement is None:
        missing = checks.missing(policy, ask.entitlement)
        return Evaluation(
            _SEAL, policy=policy, requester=person, checks=(missing,), entitlement=None, duration=None
        )
    duration = entitlement.duration.default if ask.duration is None else ask.duration
    why, start = ask.justification.strip(), start_of(ask.start, now=begins)
    occasion = Occasion(
        entitlement=entitlement.id,
        resources=resources(entitlement.targets),
        duration=duration,
        justification=why,
        requester=person,
        begins=start or begins,
    )
    found = (
        checks.Check(name="entitlement"),
        checks.requester(policy, entitlement, person, memberships),
        checks.guardrail(policy, entitlement, person, memberships),
        checks.start(entitlement, ask.start, extends=bool(ask.extends), now=begins),
        checks.duration(policy, entitlement, duration),
        checks.justification(entitlement, why),
        checks.when(policy, entitlement, occasion, memberships),
        checks.approvers(policy, entitlement, person),
        checks.emergency(entitlement, confirmed=ask.break_glass),
        checks.automatic(policy, entitlement, occasion, memberships),
    )
    return Evaluation(
        _SEAL,
        policy=policy,
        requester=person,
        checks=found,
        entitlement=entitlement,
        duration=duration,
        start=start,
    )


def offered_to(policy: Policy, person: str, memberships: Memberships) -> list[Entitlement]:
    """The entitlements that a person certainly may ask for, in the file's order."""
    return [
        entitlement
        for entitlement in policy.entitlements.values()
        if answer(policy, entitlement.requesters, person, memberships) == "yes"
    ]
