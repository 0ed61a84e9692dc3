"""What the policy says to one ask. One computation serves the form, the explanation and the gate.

1. A check that cannot be answered counts as unsatisfied for the gate, and says so.
2. Only `Evaluation.offer` makes an `Offer`, and only when every check is satisfied.
3. Terms frozen earlier are offered again only where the policy of now still covers them; it never widens them.
"""

from datetime import datetime, timedelta
from typing import Literal, final

import msgspec

from approvals.cel import matches_fully
from approvals.errors import Refused, Unavailable
from approvals.memberships import Memberships
from approvals.policy.access import BreakGlass
from approvals.policy.automatic import against
from approvals.policy.model import Entitlement, Policy, Requirement, Stage
from approvals.policy.quorum import first_unreachable, pools
from approvals.policy.rules import Occasion, allowed
from approvals.policy.selectors import answer
from approvals.reasons import Reason, reason
from approvals.reviews import TYPED_LENGTH, says_something
from approvals.targets import resources

Name = Literal[
    "entitlement",
    "requester",
    "guardrail",
    "duration",
    "justification",
    "when",
    "approvers",
    "break_glass",
    "auto",
]
"""What the policy looks at, which is the kind of its refusals as well."""

_SEAL = object()


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for. Without a duration the entitlement's usual one is meant.

    `extends` is their own request whose access goes on for so long; empty: this one stands for itself.
    `break_glass`: they have said a second time that it is an emergency.
    """

    entitlement: str
    duration: timedelta | None
    justification: str
    extends: str = ""
    break_glass: bool = False


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the policy looks at, and what came of it. `reason` says why it is unsatisfied."""

    name: Name
    state: Literal["satisfied", "unsatisfied", "unknown"] = "satisfied"
    reason: Reason | None = None


@final
class Offer:
    """The terms that the policy offers to one requester now. Only `Evaluation.offer` makes one."""

    __slots__ = ("duration", "entitlement", "limits", "owners", "pending", "policy", "requester", "requirement")

    def __init__(
        self, seal: object, *, policy: Policy, entitlement: Entitlement, duration: timedelta, requester: str
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("an offer comes from evaluate() alone")
        self.entitlement = entitlement
        self.duration = duration
        self.requester = requester
        self.owners = policy.identity.service_accounts.get(requester, ())
        self.pending = policy.pending_for(entitlement)
        self.limits = policy.limits
        self.requirement: Requirement = entitlement.requirement
        self.policy = policy.digest


@final
class Evaluation:
    """The checks in order. `entitlement` and `duration` are None where they are unknown or unusable."""

    __slots__ = ("_policy", "checks", "duration", "entitlement", "requester")

    def __init__(
        self,
        seal: object,
        *,
        policy: Policy,
        requester: str,
        checks: tuple[Check, ...],
        entitlement: Entitlement | None,
        duration: timedelta | None,
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("an evaluation comes from evaluate() alone")
        self._policy = policy
        self.requester = requester
        self.checks = checks
        self.entitlement = entitlement
        self.duration = duration

    def offer(self) -> Offer:
        """Return the offer.

        Raises `Refused` for all unsatisfied checks at once, else `Unavailable` for an unknown one.
        """
        refused = [Refused(check.reason) for check in self.checks if check.reason is not None]
        if refused:
            raise refused[0].besides(refused[1:])
        for check in self.checks:
            if check.state != "satisfied":
                raise Unavailable(f"the check {check.name} cannot be answered right now")
        if self.entitlement is None or self.duration is None:
            raise Refused("entitlement")
        return Offer(
            _SEAL,
            policy=self._policy,
            entitlement=self.entitlement,
            duration=self.duration,
            requester=self.requester,
        )


def evaluate(
    policy: Policy, ask: Ask, *, requester: str, memberships: Memberships, begins: datetime
) -> Evaluation:
    """Hold an ask against the policy, for access that would begin at a moment.

    Raises nothing for what the policy does not offer: the checks say it.
    """
    person = policy.identity.primary(requester)
    entitlement = policy.entitlements.get(ask.entitlement)
    if entitlement is None:
        missing = _against("entitlement", reason("entitlement"))
        return Evaluation(
            _SEAL, policy=policy, requester=person, checks=(missing,), entitlement=None, duration=None
        )
    duration = entitlement.duration.default if ask.duration is None else ask.duration
    why = ask.justification.strip()
    occasion = Occasion(
        entitlement=entitlement.id,
        resources=resources(entitlement.targets),
        duration=duration,
        justification=why,
        requester=person,
        begins=begins,
    )
    checks = (
        Check(name="entitlement"),
        _requester(policy, entitlement, person, memberships),
        _guardrail(policy, entitlement, person, memberships),
        _duration(policy, entitlement, duration),
        _justification(entitlement, why),
        _when(policy, entitlement, occasion, memberships),
        _approvers(policy, entitlement, person),
        _emergency(entitlement, confirmed=ask.break_glass),
        _automatic(policy, entitlement, occasion, memberships),
    )
    return Evaluation(
        _SEAL, policy=policy, requester=person, checks=checks, entitlement=entitlement, duration=duration
    )


def _against(name: Name, found: Reason) -> Check:
    return Check(name=name, state="unsatisfied", reason=found)


def _requester(policy: Policy, entitlement: Entitlement, person: str, memberships: Memberships) -> Check:
    found = answer(policy, entitlement.requesters, person, memberships)
    if found == "no":
        return _against("requester", reason("requester", person=person, title=entitlement.title))
    return Check(name="requester", state="satisfied" if found == "yes" else "unknown")


ALONE = frozenset({"self", "auto"})
"""Kinds of approval by which nobody else decides, and which `no_self` refuses."""


def _guardrail(policy: Policy, entitlement: Entitlement, person: str, memberships: Memberships) -> Check:
    """What holds over all entitlements: who is denied it is told the reason, before anything else."""
    fences, targets = policy.guardrails, entitlement.targets
    unknown = False
    for denial in fences.denials(targets):
        found = answer(policy, denial.who, person, memberships)
        if found == "yes":
            return _against("guardrail", reason("guardrail.said", said=denial.reason))
        unknown = unknown or found == "unknown"
    if never := fences.never(targets):
        return _against("guardrail", reason("guardrail.role", title=entitlement.title, roles=never))
    alone = fences.not_alone(targets) if entitlement.requirement.kind in ALONE else ()
    if alone:
        return _against("guardrail", reason("guardrail.self", title=entitlement.title, resource=alone[0]))
    return Check(name="guardrail", state="unknown" if unknown else "satisfied")


def _when(policy: Policy, entitlement: Entitlement, occasion: Occasion, memberships: Memberships) -> Check:
    found = allowed(policy, entitlement.when, occasion, memberships=memberships)
    match found:
        case "yes":
            return Check(name="when")
        case "unknown":
            return Check(name="when", state="unknown")
        case "error":
            return _against("when", reason("when.error", title=entitlement.title, rule=entitlement.when))
    return _against("when", reason("when", title=entitlement.title, rule=entitlement.when, zone=policy.timezone))


def _duration(policy: Policy, entitlement: Entitlement, duration: timedelta) -> Check:
    longest = policy.longest(entitlement)
    if duration <= timedelta(0) or duration.microseconds:
        return _against("duration", reason("duration.short"))
    if duration > longest:
        return _against(
            "duration", reason("duration.long", title=entitlement.title, longest=int(longest.total_seconds()))
        )
    return Check(name="duration")


def _justification(entitlement: Entitlement, text: str) -> Check:
    rule = entitlement.justification
    if not says_something(text):
        return _against("justification", reason("justification.missing", hint=rule.hint))
    if len(text) > TYPED_LENGTH:
        return _against("justification", reason("justification.long", most=TYPED_LENGTH))
    if rule.pattern and not matches_fully(rule.pattern, text):
        return _against("justification", reason("justification.pattern", hint=rule.hint, pattern=rule.pattern))
    return Check(name="justification")


def _approvers(policy: Policy, entitlement: Entitlement, person: str) -> Check:
    requirement = entitlement.requirement
    if requirement.kind in ("self", "auto"):
        return Check(name="approvers")
    if entitlement.break_glass is not None:
        return _reviewers(policy, entitlement.break_glass, person)
    if not requirement.stages:
        return _against("approvers", reason("approvers.none"))
    barred = policy.identity.barred(person)
    short = first_unreachable(pools(policy, requirement.stages, asking=barred), excluded=barred)
    if short is None:
        return Check(name="approvers")
    stage = requirement.stages[short]
    few = reason(
        "approvers.few",
        needed=stage.needed,
        approvers=stage.approvers,
        sign=stage.sign,
        stage=short + 1,
        stages=len(requirement.stages),
    )
    return _against("approvers", few)


def _reviewers(policy: Policy, rule: BreakGlass, person: str) -> Check:
    """Somebody else has to be there who can review it, or it would never be."""
    barred = policy.identity.barred(person)
    found = pools(policy, [Stage(approvers=rule.by)], asking=barred)
    if first_unreachable(found, excluded=barred) is None:
        return Check(name="approvers")
    return _against("approvers", reason("break_glass.reviewers", approvers=rule.by))


def _automatic(policy: Policy, entitlement: Entitlement, occasion: Occasion, memberships: Memberships) -> Check:
    """What nobody else and no rule approves is not filed: nobody could ever approve it."""
    found = against(policy, entitlement, occasion, memberships)
    return Check(name="auto") if found is None else _against("auto", found)


def _emergency(entitlement: Entitlement, *, confirmed: bool) -> Check:
    """An emergency is declared twice, and nothing else is declared one."""
    meant = entitlement.requirement.kind == "break_glass"
    if meant and not confirmed:
        return _against("break_glass", reason("break_glass", title=entitlement.title))
    if confirmed and not meant:
        return _against("break_glass", reason("break_glass.none", title=entitlement.title))
    return Check(name="break_glass")


def offered_to(policy: Policy, person: str, memberships: Memberships) -> list[Entitlement]:
    """The entitlements that a person certainly may ask for, in the file's order."""
    return [
        entitlement
        for entitlement in policy.entitlements.values()
        if answer(policy, entitlement.requesters, person, memberships) == "yes"
    ]
