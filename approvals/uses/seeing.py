"""Who may look at which request, its history and its time line: one answer for every page, call, list and export.

Whoever asked, who owns the service account that did, who is among its approvers now, and the policy's
administrators and auditors, who may look at all of them. Guests and service accounts are never among the last
three, whatever group they are in.
"""

from datetime import datetime

from approvals.identities import Identity
from approvals.judging.case import Case
from approvals.judging.cases import Cases
from approvals.people.memberships import Answer
from approvals.refusals.errors import NotFound, Refused, Unavailable
from approvals.uses.administrators import among


class Seeing:
    """Says who may look. Nothing that anybody may do follows from it."""

    def __init__(self, *, cases: Cases) -> None:
        self._cases = cases

    def everything(self, identity: Identity, *, now: datetime) -> Answer:
        """Whether somebody may look at every request there is."""
        policy = self._cases.policy()
        return among(self._cases, identity, (*policy.administrators, *policy.auditors), now=now)

    def require(self, case: Case, identity: Identity, *, now: datetime) -> None:
        """Raise `NotFound` where a request is nothing to somebody who did not ask for it, else `Unavailable`."""
        concerned = _concerned(case, identity)
        found = concerned if concerned == "yes" else self.everything(identity, now=now)
        if found == "yes":
            return
        if "unknown" in (found, concerned):
            raise Unavailable("a group of those who may look at a request could not be checked in time")
        raise NotFound("a request that is nothing to whoever asked")


def _concerned(case: Case, identity: Identity) -> Answer:
    """Whether they are among its approvers, or own the service account that asked: who decides nothing of it.

    A guest decides nothing, whatever group it is in.
    """
    try:
        case.require_approver(identity.principal)
    except Unavailable:
        return "no" if identity.account.guest else "unknown"
    except Refused as refusal:
        return "yes" if refusal.code == "owner" else "no"
    return "no" if identity.account.guest else "yes"
