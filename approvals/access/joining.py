"""Whether somebody can be let into a group: not where they are in it by something that is not ours."""

from collections.abc import Iterator, Sequence

from approvals.access.bindings import Mark, member, own_marks
from approvals.access.claims import claims
from approvals.access.keeping import HoldingReads
from approvals.evidence import Evidence
from approvals.policy.model import Entitlement
from approvals.refusals.errors import Refused, Unavailable
from approvals.refusals.reasons import Reason, reason
from approvals.requests import Request
from approvals.targets import MEMBER, GroupMember, Target, joined_group


def groups_of(entitlement: Entitlement) -> tuple[str, ...]:
    """The group that an entitlement lets people into, or none."""
    found = joined_group(entitlement.targets)
    return (found.group,) if found is not None else ()


def owned(request: Request) -> tuple[tuple[str, str], ...]:
    """The group and the person whose membership has to be looked at before the request is approved; or nothing."""
    found = joined_group(request.terms.targets)
    return ((found.group, request.requester),) if found is not None else ()


def against(targets: Sequence[Target], person: str, known: Evidence, store: HoldingReads) -> Iterator[Reason]:
    """Why somebody could not be let in, as far as that is known: their membership is none of ours.

    One is ours that ends when a grant of theirs does that has not been seen to be gone. Or Google said a moment
    ago that it lets nobody in by this service.
    """
    found = joined_group(targets)
    if found is None:
        return
    if _held(found, person, known, store):
        yield reason("group.held", group=found.group)
    if (barred := known.barred.get(found.group)) is not None:
        yield barred


def require_free(targets: Sequence[Target], person: str, known: Evidence, store: HoldingReads) -> None:
    """Raise `Refused` where their membership is not ours, `Unavailable` where nobody could look at it."""
    found = joined_group(targets)
    if found is None:
        return
    if _held(found, person, known, store):
        raise Refused("group.held", group=found.group)
    if (found.group, person) not in known.own:
        raise Unavailable(f"who is in {found.group} could not be read")


def _held(found: GroupMember, person: str, known: Evidence, store: HoldingReads) -> bool:
    expression = known.own.get((found.group, person))
    if expression is None:
        return False
    held = claims(store.holdings(resource=found.resource, person=person), resource=found.resource)
    return Mark(role=MEMBER, member=member(person), expression=expression) not in own_marks(held)
