"""Administering: looking at what applications may ask for. Nothing here changes anything: the policy is a file."""

from datetime import datetime

from approvals.identities import Identity
from approvals.judging.cases import Cases
from approvals.people.memberships import Answer
from approvals.policy.model import Policy
from approvals.uses.administrators import administers, require_among


class Administering:
    """What the policy's administrators see, and nobody else."""

    def __init__(self, *, cases: Cases) -> None:
        self._cases = cases

    def administers(self, identity: Identity, *, now: datetime) -> Answer:
        """Whether somebody is among the policy's administrators now. Where it names none, nobody is."""
        return administers(self._cases, identity, now=now)

    def policy(self, identity: Identity, *, now: datetime) -> Policy:
        """The policy in force, for an administrator.

        Raises `NotFound` for everybody else, and `Unavailable` where it cannot be known now.
        """
        require_among(self.administers(identity, now=now), "administrators")
        return self._cases.policy()
