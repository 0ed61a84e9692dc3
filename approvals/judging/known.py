"""Whether an account by which somebody asked or voted still is that person's, as far as was looked up."""

from collections.abc import Sequence
from datetime import datetime

from approvals.evidence import Evidence
from approvals.people.accounts import How, Purpose, still_person_of
from approvals.people.principals import IdentityRules, is_service_account
from approvals.policy.model import Entitlement, Policy, Stage, approvers
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import Request, votes_open


def require_account(
    evidence: Evidence,
    rules: IdentityRules,
    ref: str,
    person: str,
    *,
    purpose: Purpose,
    how: How,
    now: datetime,
) -> None:
    """Raise `Refused` where it counts no more, `Unavailable` where that could not be looked up in time."""
    if ref not in evidence.accounts:
        raise Unavailable("an account could not be checked in time")
    account = evidence.accounts[ref]
    if account is None:
        raise Refused("inactive.gone")
    owner = still_person_of(account, rules, purpose=purpose, how=how, now=now)
    if owner != person:
        raise Refused("inactive.moved", was=person, now=owner)


def require_not_alone(request: Request, policy: Policy, evidence: Evidence) -> None:
    """Nobody else approves it: no service account gets it, and guests where the entitlement lets them."""
    needed = request.terms.requirement
    if not needed.alone:
        return
    own = needed.kind != "break_glass"
    account = evidence.accounts.get(request.account)
    entitlement = policy.named(request.terms.entitlement)
    allowed = isinstance(entitlement, Entitlement) and entitlement.guests == needed.kind
    if not allowed and account is not None and account.guest:
        raise Refused("requester.guest" if own else "requester.guest.emergency")
    if is_service_account(request.requester):
        raise Refused("requester.service_account" if own else "requester.service_account.emergency")


def no_approver(stages: Sequence[Stage], group: str, *, request: Request) -> Refused:
    """Why somebody is no approver of these stages. `group`: by which they are barred."""
    if group:
        return Refused("not_approver.same", group=group)
    if stages:
        return Refused("not_approver", approvers=_others(approvers(stages), request.requester))
    if votes_open(request):
        return Refused("not_approver.gone")
    return Refused("not_approver.holder.approval" if request.approval_only else "not_approver.holder")


def _others(selectors: Sequence[str], asking: str) -> tuple[str, ...]:
    """Without who asked, by name: whom nobody need ask."""
    return tuple(each for each in selectors if each != f"user:{asking}") or tuple(selectors)
