"""Administering: looking at what applications may ask for. Nothing here changes anything: the policy is a file."""

from datetime import datetime

from approvals.cases import Cases
from approvals.errors import NotFound, Unavailable
from approvals.identities import Identity
from approvals.memberships import Answer
from approvals.policy.model import Policy
from approvals.policy.selectors import answer


class Administering:
    """What the policy's administrators see, and nobody else."""

    def __init__(self, *, cases: Cases) -> None:
        self._cases = cases

    def administers(self, identity: Identity, *, now: datetime) -> Answer:
        """Whether somebody is among the policy's administrators now. Where it names none, nobody is."""
        policy = self._cases.policy()
        known = self._cases.about(identity.principal, selectors=policy.administrators, now=now).memberships
        return answer(policy, policy.administrators, identity.principal, known)

    def policy(self, identity: Identity, *, now: datetime) -> Policy:
        """The policy in force, for an administrator.

        Raises `NotFound` for everybody else, and `Unavailable` where it cannot be known now.
        """
        known = self.administers(identity, now=now)
        if known == "unknown":
            raise Unavailable("a group of administrators could not be checked in time")
        if known == "no":
            raise NotFound("a page of administrators")
        return self._cases.policy()
