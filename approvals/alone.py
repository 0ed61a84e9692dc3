"""Who gets nothing that nobody else approves."""

from approvals.accounts import Account
from approvals.errors import Refused
from approvals.policy.model import Entitlement, Policy
from approvals.principals import is_service_account
from approvals.requests import Request


def require_not_barred(request: Request, policy: Policy, account: Account | None) -> None:
    """Raise where nobody else approves it, and who asked is a service account, or a guest who is not let.

    `account` is the requester's, where one is known.
    """
    needed = request.terms.requirement
    if not needed.alone:
        return
    own = needed.kind == "self"
    entitlement = policy.named(request.terms.entitlement)
    allowed = isinstance(entitlement, Entitlement) and entitlement.guests == needed.kind
    if not allowed and account is not None and account.guest:
        raise Refused("requester.guest" if own else "requester.guest.emergency")
    if is_service_account(request.requester):
        raise Refused("requester.service_account" if own else "requester.service_account.emergency")
