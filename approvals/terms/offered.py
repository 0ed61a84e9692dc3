"""Whether the policy of now still offers terms that were frozen before."""

from datetime import datetime

from approvals.people.memberships import Memberships
from approvals.policy.acting import ActionOffer, Wanted, offer
from approvals.policy.evaluate import Ask, Offer, evaluate
from approvals.policy.model import Entitlement, Policy
from approvals.refusals.errors import Refused
from approvals.targets import action_of, covers
from approvals.terms.records import Terms


def still_offered(
    policy: Policy, terms: Terms, *, requester: str, memberships: Memberships, now: datetime
) -> Offer:
    """Return what the current policy offers where it covers frozen terms; its requirement may ask for more.

    Raises `Refused` of kind `terms` where a target or the duration is not covered any more,
    and whatever `Evaluation.offer` raises.
    """
    ask = Ask(
        entitlement=terms.entitlement,
        duration=terms.duration,
        justification=terms.justification.text,
        break_glass=terms.requirement.kind == "break_glass",
    )
    begins = now if terms.start is None else max(terms.start, now)
    evaluation = evaluate(policy, ask, requester=requester, memberships=memberships, begins=begins)
    current = evaluation.entitlement
    if current is not None and not _covers(policy, current, terms):
        raise Refused("terms.changed")
    return evaluation.offer()


def _covers(policy: Policy, current: Entitlement, terms: Terms) -> bool:
    return covers(current.targets, asked=terms.targets) and terms.duration <= policy.longest(current)


_CHANGED = frozenset({"application", "action", "issuer", "parameters"})


def still_asked(
    policy: Policy, terms: Terms, *, asked: datetime, memberships: Memberships, now: datetime
) -> ActionOffer:
    """Return what the current policy offers of an action that was asked for; its requirement may ask for more.

    Raises `Refused` with code `terms.changed` where the application, the action, its parameters or who vouches for
    the person are no more what they were, and whatever else `offer` raises.
    """
    call, person = action_of(terms.targets), terms.person
    if call is None or person is None:
        raise Refused("terms")
    wanted = Wanted(call=call, person=person, asked=asked)
    try:
        found = offer(policy, wanted, memberships=memberships, now=now)
    except Refused as refusal:
        raise Refused("terms.changed") if refusal.kind in _CHANGED else refusal from None
    if terms.duration > found.action.use_by:
        raise Refused("terms.changed")
    return found
