"""Administrators: who is one of those whom the policy names, and may take from others what they have."""

from collections.abc import Sequence
from datetime import datetime

from approvals.identities import Identity
from approvals.judging.cases import Cases
from approvals.people.memberships import Answer
from approvals.people.principals import is_service_account
from approvals.policy.selectors import answer
from approvals.refusals.errors import NotFound, Refused, Unavailable
from approvals.requests import Request, owners


def among(cases: Cases, identity: Identity, selectors: Sequence[str], *, now: datetime) -> Answer:
    """Whether somebody is among these now, whom the policy trusts with more than others. Of none nobody is.

    A guest is none and a service account is none, whatever group it is in.
    """
    policy, person = cases.policy(), identity.principal
    if not selectors or identity.account.guest or is_service_account(person):
        return "no"
    known = cases.about(person, selectors=selectors, now=now).memberships
    return answer(policy, selectors, person, known)


def administers(cases: Cases, identity: Identity, *, now: datetime) -> Answer:
    """Whether somebody is among the policy's administrators now. Where it names none, nobody is."""
    return among(cases, identity, cases.policy().administrators, now=now)


def require_among(known: Answer, whom: str) -> None:
    """Raise `NotFound` for somebody who is none of `whom`, and `Unavailable` where that is not known now."""
    if known == "unknown":
        raise Unavailable(f"a group of {whom} could not be checked in time")
    if known == "no":
        raise NotFound(f"a page of {whom}")


def require_may_take(cases: Cases, identity: Identity, request: Request, *, now: datetime) -> None:
    """Raise unless somebody may take from its holder what a request gave: access, or an approval not used yet.

    Its approvers of now may, who owns the service account that asked, and the policy's administrators. Raises
    `Refused` with the code of an approver's, or `Unavailable` where it cannot be known now.
    """
    if identity.account.guest:
        raise Refused("guest.end")
    if identity.principal in owners(request, cases.policy().identity):
        return
    try:
        cases.of(request, now=now, by=identity).require_approver(identity.principal)
    except (Refused, Unavailable):
        known = administers(cases, identity, now=now)
        if known == "unknown":
            raise Unavailable("a group of administrators could not be checked in time") from None
        if known == "no":
            raise
