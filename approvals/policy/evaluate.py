"""What the policy says to one ask. One computation serves the form, the explanation and the gate.

1. A check that cannot be answered counts as unsatisfied for the gate, and says so.
2. Only `Evaluation.offer` makes an `Offer`, and only when every check is satisfied.
3. Terms frozen earlier are offered again only where the policy of now still covers them; it never widens them.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Literal, final

import msgspec

from approvals.cel import matches_fully
from approvals.errors import Refused, Unavailable
from approvals.facts import Answer, Memberships
from approvals.policy.quorum import first_unreachable, pools
from approvals.policy.records import Entitlement, Policy, Requirement
from approvals.policy.selectors import answer
from approvals.policy.words import SELF, requirement_in_words, stage_in_words
from approvals.reviews import says_something
from approvals.times import in_words

if TYPE_CHECKING:
    from approvals.terms.records import Terms

JUSTIFICATION_LENGTH = 1000
"""A justification in characters."""

_SEAL = object()
_STATES: dict[Answer, Literal["satisfied", "unsatisfied", "unknown"]] = {
    "yes": "satisfied",
    "no": "unsatisfied",
    "unknown": "unknown",
}


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for. Without a duration the entitlement's usual one is meant."""

    entitlement: str
    duration: timedelta | None
    justification: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the policy looks at, and what came of it in a sentence that is safe for people.

    Codes: `entitlement`, `requester`, `duration`, `justification`, `approvers`.
    """

    code: str
    state: Literal["satisfied", "unsatisfied", "unknown"]
    text: str


@final
class Offer:
    """The terms that the policy offers to one requester now. Only `Evaluation.offer` makes one."""

    __slots__ = ("duration", "entitlement", "limits", "pending", "policy", "requester", "requirement")

    def __init__(
        self, seal: object, *, policy: Policy, entitlement: Entitlement, duration: timedelta, requester: str
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("an offer comes from evaluate() alone")
        self.entitlement = entitlement
        self.duration = duration
        self.requester = requester
        self.pending = policy.pending
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
        refused = [(check.code, check.text) for check in self.checks if check.state == "unsatisfied"]
        if refused:
            first, *others = refused
            raise Refused(*first, also=[Refused(*other) for other in others])
        for check in self.checks:
            if check.state != "satisfied":
                raise Unavailable(check.text)
        if self.entitlement is None or self.duration is None:
            raise Refused("entitlement", "There is no such entitlement.")
        return Offer(
            _SEAL,
            policy=self._policy,
            entitlement=self.entitlement,
            duration=self.duration,
            requester=self.requester,
        )


def evaluate(policy: Policy, ask: Ask, *, requester: str, memberships: Memberships) -> Evaluation:
    """Hold an ask against the policy. Raises nothing for what the policy does not offer: the checks say it."""
    person = policy.identity.primary(requester)
    entitlement = policy.entitlements.get(ask.entitlement)
    if entitlement is None:
        missing = Check(code="entitlement", state="unsatisfied", text="There is no such entitlement.")
        return Evaluation(
            _SEAL, policy=policy, requester=person, checks=(missing,), entitlement=None, duration=None
        )
    duration = entitlement.duration.default if ask.duration is None else ask.duration
    checks = (
        Check(code="entitlement", state="satisfied", text=f"{entitlement.title} ({entitlement.id})."),
        _requester(policy, entitlement, person, memberships),
        _duration(entitlement, duration),
        _justification(entitlement, ask.justification.strip()),
        _approvers(policy, entitlement, person),
    )
    return Evaluation(
        _SEAL, policy=policy, requester=person, checks=checks, entitlement=entitlement, duration=duration
    )


def _requester(policy: Policy, entitlement: Entitlement, person: str, memberships: Memberships) -> Check:
    found = answer(policy, entitlement.requesters, person, memberships)
    texts = {
        "yes": f"{person} may ask for {entitlement.title}.",
        "no": f"{person} is not among the people who may ask for {entitlement.title}.",
        "unknown": f"Whether {person} may ask for {entitlement.title} cannot be checked right now.",
    }
    return Check(code="requester", state=_STATES[found], text=texts[found])


def _duration(entitlement: Entitlement, duration: timedelta) -> Check:
    longest = entitlement.duration.max
    if duration <= timedelta(0) or duration.microseconds:
        text = "The duration must be at least one second, in whole seconds."
        return Check(code="duration", state="unsatisfied", text=text)
    if duration > longest:
        text = f"Too long: {entitlement.title} is for at most {in_words(longest)}."
        return Check(code="duration", state="unsatisfied", text=text)
    return Check(code="duration", state="satisfied", text=f"{in_words(duration)}, at most {in_words(longest)}.")


def _justification(entitlement: Entitlement, text: str) -> Check:
    rule = entitlement.justification
    wanted = f"Say why it is needed. {rule.hint}".strip()
    if not says_something(text):
        return Check(code="justification", state="unsatisfied", text=wanted)
    if len(text) > JUSTIFICATION_LENGTH:
        too_long = f"The justification is too long: at most {JUSTIFICATION_LENGTH:,} characters."
        return Check(code="justification", state="unsatisfied", text=too_long)
    if rule.pattern and not matches_fully(rule.pattern, text):
        told = rule.hint or f"It must match {rule.pattern}"
        return Check(code="justification", state="unsatisfied", text=f"The justification does not fit: {told}")
    return Check(code="justification", state="satisfied", text="The justification fits.")


def _approvers(policy: Policy, entitlement: Entitlement, person: str) -> Check:
    requirement = entitlement.requirement
    if requirement.kind == "self":
        return Check(code="approvers", state="satisfied", text=f"Approval by {SELF}.")
    if not requirement.stages:
        return Check(code="approvers", state="unsatisfied", text="The policy names nobody who could approve this.")
    short = first_unreachable(pools(policy, requirement.stages), excluded={person})
    if short is None:
        words = ", ".join(requirement_in_words(requirement))
        return Check(code="approvers", state="satisfied", text=f"It needs approval by {words}.")
    stage = f"{stage_in_words(requirement.stages[short])} (stage {short + 1} of {len(requirement.stages)})"
    text = f"Not enough other people can approve this: it needs {stage}."
    return Check(code="approvers", state="unsatisfied", text=text)


def still_offered(policy: Policy, terms: "Terms", *, requester: str, memberships: Memberships) -> Offer:
    """Return what the current policy offers where it covers frozen terms; its requirement may ask for more.

    Raises `Refused` with code `terms` where resource, condition, roles or duration are not covered any more,
    and whatever `Evaluation.offer` raises.
    """
    ask = Ask(entitlement=terms.entitlement, duration=terms.duration, justification=terms.justification.text)
    evaluation = evaluate(policy, ask, requester=requester, memberships=memberships)
    current = evaluation.entitlement
    if current is not None and not _covers(current, terms):
        raise Refused("terms", "The policy has changed and no longer offers what was asked. Ask again.")
    return evaluation.offer()


def _covers(current: Entitlement, terms: "Terms") -> bool:
    same_place = current.resource == terms.resource and current.condition == terms.condition
    return same_place and set(terms.roles) <= set(current.roles) and terms.duration <= current.duration.max


def offered_to(policy: Policy, person: str, memberships: Memberships) -> list[Entitlement]:
    """The entitlements that a person certainly may ask for, in the file's order."""
    return [
        entitlement
        for entitlement in policy.entitlements.values()
        if answer(policy, entitlement.requesters, person, memberships) == "yes"
    ]
