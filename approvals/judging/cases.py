"""Makes cases, and of one that is met its approval. Card, click and reconcile share them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from approvals import absences, transitions
from approvals.access.joining import against, owned, require_free
from approvals.access.keeping import HoldingReads
from approvals.access.surveying import Asked, Surveyor
from approvals.changes import Change
from approvals.continuing import ContinuedReads, require_continuing
from approvals.evidence import Evidence, Witness
from approvals.guards import Seen
from approvals.identities import Identity
from approvals.judging.asked import concerning, distinct, memberships
from approvals.judging.behalf import held
from approvals.judging.case import Case
from approvals.offers.catalog import IamCatalog
from approvals.parts import NOTHING_FROZEN, Parts
from approvals.people.standins import NOBODY_AWAY, StandIns, lasting
from approvals.policy.acting import ActionOffer
from approvals.policy.automatic import ByRule
from approvals.policy.evaluate import Offer
from approvals.policy.model import Entitlement, Policy
from approvals.policy.selectors import directory_groups
from approvals.ports.store import Guards
from approvals.refusals.reasons import Reason
from approvals.requests import Request, undecided
from approvals.starting import begins


class CaseStore(ContinuedReads, HoldingReads, Guards, Protocol):
    """The part of a store that cases need."""


class Cases:
    """Makes cases: gathers the evidence that the current policy asks for. `generation` is the store's."""

    def __init__(
        self,
        *,
        policy: Callable[[], Policy],
        witness: Witness,
        generation: Callable[[], str],
        store: CaseStore,
        parts: Callable[[], Parts],
        catalog: IamCatalog,
        surveyor: Surveyor,
    ) -> None:
        """`parts` is what is frozen by itself, as it was read last: an approval holds on to that."""
        self.catalog = catalog
        self.surveyor = surveyor
        self.policy = policy
        self._witness = witness
        self.generation = generation
        self._store = store
        self._parts = parts

    def standins(self, *, now: datetime) -> StandIns:
        """Who is away now, and who stands in; nobody where the policy lets nobody stand in."""
        policy = self.policy()
        if not policy.delegates:
            return NOBODY_AWAY
        held, kept = absences.read(self._store)
        primary = policy.identity.primary
        return lasting(kept, generation=self.generation(), primary=primary, number=held.value, now=now)

    def policy_for(self, name: str, *, now: datetime) -> Policy:
        """The policy in force, with what IAM says of one id, if that is one of IAM's."""
        return self.catalog.joined(self.policy(), name, now=now)

    def of(
        self,
        request: Request,
        *,
        now: datetime,
        by: Identity | None = None,
        using: bool = False,
        survey: bool = False,
    ) -> Case:
        """Hold a request against this moment. `by` is whoever acts on it, whose account is known already.

        `using`: its application is about to do what was approved. `survey`: nobody waits, so Google is asked
        whether it has room for it.
        """
        waits, due = undecided(request), begins(request, now=now)
        policy = self.policy_for(request.terms.entitlement, now=now) if waits or due else self.policy()
        standins = self.standins(now=now) if waits or by else NOBODY_AWAY
        evidence = self._witness.gather(
            # A decided request's approvals stand as they were; only who acts on it now is looked up, and what the
            # policy says to what begins now.
            memberships=memberships(policy, request, by, standins) if waits or by or using or due else (),
            accounts=_accounts(request) if waits or due else (),
            now=now,
            standins=standins,
            parts=self._parts() if waits else NOTHING_FROZEN,
            own=owned(request) if waits else (),
        )
        if by is not None:
            evidence.accounts[by.proof.account] = by.account
        if waits:
            unable = (*self._unable(request, now=now, ask=survey), *self._unjoinable(request, evidence))
            evidence = msgspec.structs.replace(evidence, unable=unable)
        return Case(request, policy, evidence, now=now)

    def _unjoinable(self, request: Request, known: Evidence) -> tuple[Reason, ...]:
        """Why whoever asked could not be let into a group, as things stand."""
        return tuple(against(request.terms.targets, request.requester, known, self._store))

    def require_free(self, case: Case) -> None:
        """Raise `Refused` where they are in the group by somebody else now, `Unavailable` where nobody knows."""
        require_free(case.request.terms.targets, case.request.requester, case.evidence, self._store)

    def _unable(self, request: Request, *, now: datetime, ask: bool) -> tuple[Reason, ...]:
        """Why access that is asked for could not be made, as things stand."""
        if request.terms.extends or not request.terms.targets:
            return ()
        terms = request.terms
        asked = Asked(targets=terms.targets, person=request.requester, later=terms.start is not None)
        return (self.surveyor.against if ask else self.surveyor.known)(asked, now=now)

    def approval(self, case: Case, *, now: datetime) -> Change:
        """Approve the case's request. The only door to a grant: click, filing and reconcile all go through it.

        Raises `Refused` or `Unavailable` while anything is missing.
        """
        seen = self.require_continuing(case, now=now)
        offer = case.offer()
        self.require_free(case)
        frozen, current = case.met()
        change = transitions.approve(
            case.request,
            frozen=frozen,
            current=current,
            policy=offer.policy,
            break_glass=offer.entitlement.break_glass if isinstance(offer, Offer) else None,
            automatic=_by_rule(offer, case),
            several=offer.action.window if isinstance(offer, ActionOffer) else None,
            generation=self.generation(),
            now=now,
        )
        return msgspec.structs.replace(change, guards=held(case), seen=seen)

    def require_continuing(self, case: Case, *, now: datetime) -> tuple[Seen, ...]:
        """Raise `Refused` of kind `extends` where there is nothing any more that a request could continue."""
        found = case.policy.named(case.request.terms.entitlement)
        if case.request.terms.extends and isinstance(found, Entitlement):
            return (require_continuing(case.request, found, self._store, now=now),)
        return ()

    def listed(self, requests: Sequence[Request], *, by: Identity, now: datetime) -> Sequence[Case]:
        """Hold pending requests against what is known of one person, looking up nobody else's accounts.

        Of many requests, those are left out that the policy by itself says this person does not decide.
        Whether those who have approved already are still approvers is asked as well: it says whose turn it is.
        """
        policy = self.policy()
        standins = self.standins(now=now)
        whole = (by.principal, *standins.by(by.principal))
        requests = concerning(policy, requests, whole)
        pairs = dict.fromkeys(
            pair for each in distinct(requests) for pair in memberships(policy, each, by, standins)
        )
        voters = {*whole} | {review.person for each in requests for review in each.reviews}
        asked = sorted((pair for pair in pairs if pair[1] in voters), key=lambda pair: pair[1] not in whole)
        evidence = self._witness.gather(memberships=asked, accounts=(), now=now, standins=standins)
        return [Case(each, policy, evidence, now=now) for each in requests]

    def about(
        self, person: str, *, selectors: Iterable[str], now: datetime, joins: Iterable[str] = ()
    ) -> Evidence:
        """What is known of one person's memberships in the directory groups among the selectors.

        Of those that they may be let into (`joins`) it is their own membership.
        """
        groups = directory_groups(self.policy(), tuple(selectors))
        return self._witness.gather(
            memberships=((group, person) for group in groups),
            accounts=(),
            now=now,
            own=[(group, person) for group in joins],
        )


def _by_rule(offer: Offer | ActionOffer, case: Case) -> ByRule | None:
    """What the audit keeps of an approval by a rule of the policy."""
    rule = offer.entitlement.auto if isinstance(offer, Offer) else None
    if rule is None or case.automatic is None:
        return None
    return ByRule(when=rule.when, oncall=rule.oncall, answer=case.automatic.oncall if rule.oncall else "")


def _accounts(request: Request) -> tuple[str, ...]:
    """Whose accounts matter: who voted, and who asked. A person whom an application brought has none here."""
    asked = (request.account,) if request.action is None else ()
    return (*asked, *(review.account for review in request.reviews))
