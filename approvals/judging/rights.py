"""Who may decide on one request now, by the current policy, and by whose right."""

from collections.abc import Sequence
from typing import final

from approvals.evidence import Evidence
from approvals.judging.asked import stages_now
from approvals.judging.known import no_approver
from approvals.once import once
from approvals.people.memberships import Answer
from approvals.people.principals import is_service_account
from approvals.people.standins import NOBODY_AWAY
from approvals.policy.model import Policy, Stage
from approvals.policy.stages import barring
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import Request, owners, to_confirm
from approvals.votes.delegations import Delegations


@final
class Rights:
    """What a request's approvers are by the policy and the evidence of one moment."""

    def __init__(self, request: Request, policy: Policy, evidence: Evidence) -> None:
        self._request = request
        self._policy = policy
        self._evidence = evidence
        self._known: dict[str, frozenset[Answer]] = {}

    def require_approver(self, person: str) -> None:
        """Raise unless this person is, now, an approver of some stage and not the requester."""
        # Both may have come under one address since: an alias in the policy may be newer than the request.
        primary, asking = self._policy.identity.primary, self.asking
        if (principal := primary(person)) in asking:
            if principal != primary(self._request.requester):
                raise Refused("owner")
            raise Refused("self.confirm" if to_confirm(self._request) else "self.decide")
        if is_service_account(person):
            # Whatever group it is in: it decides nothing, and what others ask for is nothing to it.
            raise Refused("service_account.decide")
        known = self._answers(principal)
        if "yes" in known:
            return
        if "unknown" in known:
            raise Unavailable("a group of approvers could not be checked in time")
        groups = self._evidence.memberships
        group = barring(self._policy, self._stages, person, asking=asking, memberships=groups)
        raise no_approver(self._stages, group, request=self._request)

    def cannot(self, person: str) -> bool:
        """Whether it is known that they are approver of no stage, by nobody's right."""
        return self._answers(self._policy.identity.primary(person)) <= {"no"}

    def _answers(self, principal: str) -> frozenset[Answer]:
        """Whether they may approve in each of the stages. It is asked several times at one moment."""
        if principal not in self._known:
            self._known[principal] = frozenset(self.delegations.right(each, principal) for each in self._stages)
        return self._known[principal]

    @once
    def _stages(self) -> Sequence[Stage]:
        return stages_now(self._policy, self._request)

    @once
    def delegations(self) -> Delegations:
        """By whose right people decide. Who reviews an emergency does so by their own."""
        standins = (
            NOBODY_AWAY if self._request.terms.requirement.kind == "break_glass" else self._evidence.standins
        )
        return Delegations(standins, self._policy, self._evidence.memberships, barred=self.asking)

    @once
    def asking(self) -> frozenset[str]:
        """Who asked, and who answers for a service account that did: none of them decides."""
        rules = self._policy.identity
        return frozenset({rules.primary(self._request.requester), *owners(self._request, rules)})
