"""What the policy says to an application that asks for one of its actions: one computation, at each moment anew.

1. Only `offer` makes an `ActionOffer`, and only where the application, the person and the parameters fit.
2. Guardrails only ever take away from it or ask for less people, never for other things.
3. What cannot be known now is no offer.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import final

import msgspec

from approvals.limits import Limits
from approvals.people.memberships import Memberships
from approvals.people.persons import OnBehalf
from approvals.people.principals import is_service_account
from approvals.policy import calling, itself
from approvals.policy.checks import enough
from approvals.policy.guardrails import Judgement, judge
from approvals.policy.itself import PERSON
from approvals.policy.model import Action, Policy, Requirement
from approvals.policy.parties import Application
from approvals.policy.selectors import answer
from approvals.policy.tools import CallWindow
from approvals.refusals.errors import Refused, Unavailable
from approvals.targets import ActionCall, Given

ALLOW = Requirement(kind="allow")
_SEAL = object()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What an application wants to do for a person. `asked` is when it asked first."""

    call: ActionCall
    person: OnBehalf
    asked: datetime


@final
class ActionOffer:
    """The terms on which the policy lets an application act now. Only `offer` makes one."""

    __slots__ = ("action", "limits", "policy", "requester", "requirement")

    def __init__(
        self, seal: object, *, policy: Policy, action: Action, requester: str, requirement: Requirement
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("an offer comes from offer() alone")
        self.action = action
        self.requester = requester
        self.requirement = requirement
        self.policy = policy.digest
        self.limits = _limits(policy, policy.applications[action.application])

    @property
    def window(self) -> CallWindow | None:
        """What whoever approves may approve in the place of one call; None where nobody is asked to approve."""
        return self.action.window if self.requirement.kind in ("stages", "self") else None


def _limits(policy: Policy, application: Application) -> Limits:
    """An application's limits; of an agent nobody's approvers get more for them than the person could file."""
    return msgspec.structs.replace(application.limits, share=policy.limits if application.agent else None)


def offer(policy: Policy, wanted: Wanted, *, memberships: Memberships, now: datetime) -> ActionOffer:
    """Hold what is wanted against the policy of now.

    Raises `Refused` of kind `application`, `action`, `issuer`, `parameters`, `requester`, `approvers`,
    `guardrail` or `step_up`; `Unavailable` where a group cannot be asked.
    """
    application, action = _listed(policy, wanted.call)
    _require_brought(policy, application, wanted.person)
    if action.tool is not None:
        calling.require_fit(action, action.tool, wanted.call.parameters)
    elif action.id != itself.ACTION:  # whose parameters the service writes, as many as there are
        _require_fit(action, wanted.call.parameters)
    person = _person(policy, wanted.person)
    _require_requester(policy, action, person, memberships)
    requirement = _required(policy, action, wanted, now=now)
    _require_approvers(policy, requirement, person)
    return ActionOffer(_SEAL, policy=policy, action=action, requester=person, requirement=requirement)


def _listed(policy: Policy, call: ActionCall) -> tuple[Application, Action]:
    application, action = policy.applications.get(call.application), policy.actions.get(call.action)
    if application is None:
        raise Refused("application")
    if action is None or action.application != application.id:
        raise Refused("action")
    return application, action


def _require_brought(policy: Policy, application: Application, person: OnBehalf) -> None:
    """Whoever vouches for the person is one whom this application may bring now."""
    if person == PERSON and application.id == itself.APPLICATION:
        return
    if person.proven == "asserted" and not application.may_assert:
        raise Refused("issuer.asserted")
    listed = {each.issuer for each in application.brings} & set(policy.issuers)
    if person.proven != "asserted" and person.issuer not in listed:
        raise Refused("issuer")


def _person(policy: Policy, brought: OnBehalf) -> str:
    """The person by the policy of now, which may have come to say that their issuer means somebody else."""
    person = policy.identity.primary(brought.principal)
    meant = policy.identity.aliases.get(f"{brought.issuer}:{brought.subject}", person)
    if policy.identity.primary(meant) != person:
        raise Refused("issuer")
    return person


def _require_fit(action: Action, given: Iterable[Given]) -> None:
    """The parameters are those of the action, in its order, each of its type."""
    found = {each.name: each for each in given}
    wrong = [name for name in found if name not in {each.name for each in action.parameters}]
    for known in action.parameters:
        one = found.get(known.name)
        if one is None:
            wrong += [known.name] if known.required else []
        elif (one.type, one.label) != (known.type, known.label):
            wrong.append(known.name)
    if wrong:
        raise Refused("parameters", names=tuple(wrong))


def _require_requester(policy: Policy, action: Action, person: str, memberships: Memberships) -> None:
    found = answer(policy, action.requesters, person, memberships)
    if found == "no":
        raise Refused("requester", person=person, title=action.title)
    if found == "unknown":
        raise Unavailable("whether this person may have it asked for cannot be checked right now")


def judgement(policy: Policy, action: Action, wanted: Wanted, *, now: datetime) -> Judgement:
    """What the guardrails say alone of what fits the action."""
    given = wanted.call.parameters
    return judge(
        action,
        person=wanted.person,
        given=calling.looked_at(action, given) if action.tool is not None else given,
        application=wanted.call.application,
        now=now,
        asked=min(wanted.asked, now),
        timezone=policy.timezone,
    )


def _required(policy: Policy, action: Action, wanted: Wanted, *, now: datetime) -> Requirement:
    """Who must approve by the guardrails of now."""
    judged = judgement(policy, action, wanted, now=now)
    if judged.outcome == "step_up":
        raise Refused("step_up", acr=judged.acr, max_age=judged.max_age or 0)
    if judged.outcome == "refuse":
        raise Refused(judged.reason) if judged.reason is not None else Refused("guardrail")
    # A service account decides nothing, so it gets nothing that nobody else approves.
    alone = judged.outcome == "allow" and not is_service_account(wanted.person.principal)
    return ALLOW if alone else action.requirement


def _require_approvers(policy: Policy, requirement: Requirement, person: str) -> None:
    if requirement.kind in ("allow", "self"):
        # A service account presses nothing, and gets nothing that nobody else approves.
        if is_service_account(person):
            raise Refused("approvers.none")
        return
    if requirement.kind != "stages" or not requirement.stages:
        raise Refused("approvers.none")
    found = enough(policy, requirement.stages, person)
    if found.reason is not None:
        raise Refused(found.reason)


def differing(asked: Iterable[Given], brought: Iterable[Given]) -> tuple[str, ...]:
    """The names of the parameters that are not the same in both; of a secret its digest tells."""
    one, other = _values(asked), _values(brought)
    return tuple(name for name in dict.fromkeys((*one, *other)) if one.get(name) != other.get(name))


def _values(given: Iterable[Given]) -> Mapping[str, tuple[str, str]]:
    return {each.name: (each.type, each.value) for each in given}
