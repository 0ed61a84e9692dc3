"""Whose memberships a request asks about, and which requests can be a person's business at all."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from approvals.identities import Identity
from approvals.people.memberships import NOTHING_KNOWN, Answer, Memberships
from approvals.people.principals import is_service_account
from approvals.people.standins import NOBODY_AWAY, StandIns
from approvals.policy.lookups import kept_apart, of_approver, of_requester, of_vote
from approvals.policy.model import Policy, Requirement, Stage, approvers, deciding_stages
from approvals.policy.remembered import remembered
from approvals.policy.selectors import answer, directory_groups
from approvals.requests import Request, owners, undecided


def concerning(policy: Policy, requests: Sequence[Request], people: Collection[str]) -> Sequence[Request]:
    """Leave out what the policy by itself says that none of these people decides: somebody, and for whom they
    stand in."""
    named = {each.terms.entitlement for each in requests}
    concerned = {name for name in named if any(_concerns(policy, name, who) for who in people)}
    return [each for each in requests if each.terms.entitlement in concerned]


def deciders(policy: Policy, person: str, known: Memberships) -> Mapping[str, Answer]:
    """Whether a person, now, decides on each thing that is offered or reviews it, as far as these tell.

    A service account is among none, whatever group it is in.
    """
    if is_service_account(person):
        return {}
    return {each.id: answer(policy, approvers(deciding_stages(each)), person, known) for each in policy.offered}


def distinct(requests: Iterable[Request]) -> Iterable[Request]:
    """One request for each set of people that is asked for and has voted."""
    return {
        (each.terms.entitlement, each.terms.requirement, *(vote.person for vote in each.reviews)): each
        for each in requests
    }.values()


def reviewers(policy: Policy, request: Request) -> tuple[Stage, ...]:
    """Who reviews access in an emergency: whom the policy names now, or named when it began where it does no more.

    As a stage, so that they are asked for as approvers are. Nobody of other access.
    """
    if request.terms.requirement.kind != "break_glass":
        return ()
    found = policy.entitlements.get(request.terms.entitlement)
    if found is not None and found.break_glass is not None:
        return deciding_stages(found)
    return (Stage(approvers=request.after_review.by),) if request.after_review is not None else ()


def memberships(
    policy: Policy, request: Request, by: Identity | None, standins: StandIns = NOBODY_AWAY
) -> Iterable[tuple[str, str]]:
    """The groups that matter to a request, each with a person of whom it matters."""
    groups = _groups(policy, request.terms.entitlement, request.terms.requirement, reviewers(policy, request))
    if not (groups.deciding or groups.asking or groups.standing or groups.apart):
        return  # the policy itself says who everybody is
    voting = {review.person for review in request.reviews} | ({by.principal} if by else set())
    people = voting | {who for person in voting for who in standins.by(person)}
    yield from ((group, person) for group in groups.standing for person in voting if standins.by(person))
    askers = {policy.identity.primary(request.requester), *owners(request, policy.identity)}
    yield from ((group, person) for group in groups.deciding | groups.apart for person in people)
    yield from ((group, person) for group in groups.apart for person in askers)
    yield from ((group, request.requester) for group in groups.asking)


class _Groups(msgspec.Struct, frozen=True):
    """Groups of the directory that matter: of who decides, asks, or stands in, and of who is kept apart."""

    deciding: frozenset[str]
    asking: frozenset[str]
    standing: frozenset[str]
    apart: frozenset[str]


@remembered
def _groups(policy: Policy, name: str, frozen: Requirement, reviewing: tuple[Stage, ...]) -> _Groups:
    """The same of everybody, by what an entitlement or action requires and what was frozen with a request."""
    found = policy.named(name)
    now = found.requirement if found else frozen
    requirements = (frozen,) if now == frozen else (frozen, now)
    deciding = [who for each in requirements for who in of_approver(each)]
    deciding += [who for stage in reviewing for who in stage.approvers]
    asking = (*of_vote(frozen, "requester"), *(of_requester(policy, found) if found else ()))
    return _Groups(
        deciding=directory_groups(policy, deciding),
        asking=directory_groups(policy, asking),
        standing=directory_groups(policy, policy.delegates),
        apart=directory_groups(policy, [group for each in requirements for group in kept_apart(each)]),
    )


def _concerns(policy: Policy, entitlement: str, person: str) -> bool:
    """A person may be an approver here, as far as the policy says without asking for any membership."""
    found = policy.named(entitlement)
    stages = found.requirement.stages if found is not None else ()
    if not stages:
        return True  # what each request was filed with decides
    return any(answer(policy, stage.approvers, person, NOTHING_KNOWN) != "no" for stage in stages)


def stages_now(policy: Policy, request: Request) -> Sequence[Stage]:
    """The stages whose approvers decide on a request by the policy of now."""
    if reviewing := reviewers(policy, request):
        return reviewing
    entitlement = policy.named(request.terms.entitlement)
    if entitlement is None and policy.unasked(request.terms.entitlement):
        return request.terms.requirement.stages
    if entitlement is None:
        # Nobody approves any more what the policy does not offer; access that stands can still be ended.
        return () if undecided(request) else request.terms.requirement.stages
    # Where the policy has come to ask nobody, those who were to be asked still are.
    return entitlement.requirement.stages or request.terms.requirement.stages
