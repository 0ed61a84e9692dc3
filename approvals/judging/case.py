"""A case: one request held against the policy and the facts of this moment."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import final

from approvals.evidence import Evidence
from approvals.grants import Kept
from approvals.identities import Identity
from approvals.judging.fitting import Fitting, Manner
from approvals.judging.known import require_account, require_not_alone
from approvals.judging.rights import Rights
from approvals.names import names_shown
from approvals.once import once
from approvals.people.accounts import How, Purpose, address_now
from approvals.policy.acting import ALLOW, ActionOffer
from approvals.policy.automatic import Judged
from approvals.policy.evaluate import Offer
from approvals.policy.model import Entitlement, Policy, Requirement
from approvals.policy.reminding import EmailRule
from approvals.proofs import Serving, serving
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import Request, confirmed_one, owners, votes_open
from approvals.reviews import Review, standing
from approvals.showing import fits
from approvals.telling.cards import AnyFreeze, Card, Unmailed
from approvals.terms.offered import still_asked, still_offered
from approvals.votes.tally import Met, Tally, asks_others, tally


@final
class Case:
    """What the current policy and fresh evidence make of a request.

    The frozen requirement and the current one are tallied apart, and both must be met: the current policy can
    refuse or demand more, never widen or complete what was frozen.
    """

    def __init__(self, request: Request, policy: Policy, evidence: Evidence, *, now: datetime) -> None:
        self.request = request
        self.policy = policy
        self.evidence = evidence
        self.now = now
        self._unchecked: list[Review] = []
        self._offer: Offer | ActionOffer | None = None
        self.fitting = Fitting(request, policy, evidence.memberships)
        # What was taken back stays so, whatever becomes of the account that did it.
        votes = standing(request.reviews, primary=policy.identity.primary)
        self.reviews = tuple(review for review in votes if self._stands(review))

    def after(self, request: Request) -> "Case":
        """The same policy and evidence for what the request has become: one click, one look at the world."""
        case = Case(request, self.policy, self.evidence, now=self.now)
        asker = attrgetter("requester", "account", "digest")
        if asker(request) == asker(self.request):
            case._offer = self._offer
            case.fitting = self.fitting
        return case

    @once
    def automatic(self) -> Judged | None:
        """What the policy's rule says that approves by itself; None where it has none for this."""
        return self.fitting.by_rule(at=self.now)

    @once
    def frozen(self) -> Tally:
        """The tally of the requirement that was frozen with the terms."""
        return self._tally(self.request.terms.requirement)

    @once
    def current(self) -> Tally | None:
        """The tally of what the policy requires now; None where it does not offer this any more."""
        requirement = self.requirement
        if requirement is None:
            return None
        same = requirement == self.request.terms.requirement
        return self.frozen if same else self._tally(requirement)

    @once
    def requirement(self) -> Requirement | None:
        """What the policy requires now, of an action by its guardrails; None where it does not offer this."""
        found = self.policy.named(self.request.terms.entitlement)
        if found is None or isinstance(found, Entitlement) == (self.request.action is not None):
            return None
        try:
            offer = self._action_offer()
        except (Refused, Unavailable):
            return found.requirement
        return found.requirement if offer is None else offer.requirement

    @property
    def shown(self) -> Tally:
        """The tally that people should see: the frozen one, until it is the current policy that asks for more."""
        current = self.current
        if current is None or current is self.frozen or not current.open_places:
            return self.frozen
        more = current.missing > self.frozen.missing or (current.signs and not self.frozen.signs)
        return current if more else self.frozen

    @property
    def email(self) -> EmailRule:
        """When those whose turn it is are reached by mail."""
        return self.policy.email_for(self.request.terms.entitlement)

    def card(
        self,
        *,
        token: str = "",
        before: Request | None = None,
        kept: tuple[Kept, ...] = (),
        frozen: AnyFreeze | None = None,
        unmailed: Unmailed | None = None,
    ) -> Card:
        """What people see of it. Without a token its message has no buttons. `before`: see `earlier`."""
        may_need_more = asks_others(self.frozen, self.current)
        account = self.evidence.accounts.get(self.request.account)
        return Card(
            request=self.request,
            tally=self.shown,
            token=token,
            may_need_more=may_need_more,
            before=before,
            names=names_shown(self.request, self.evidence.accounts),
            kept=kept,
            frozen=frozen,
            address_now=address_now(self.request.requester, account, self.policy.identity),
            tickets=self.policy.tickets,
            unmailed=unmailed,
            serving=self.serving(),
            by_page=self.policy.identity.accept.decide == "web",
            too_long=not fits(self.request),
            unable=self.evidence.unable,
        )

    def serving(self) -> Serving:
        """How long votes by a page still count while the request waits."""
        votes = standing(self.request.reviews) if votes_open(self.request) else ()
        known, rules = self.evidence.accounts, self.policy.identity
        return serving(votes, counted=self.reviews, accounts=known, rules=rules)

    def require_able(self) -> None:
        """Raise `Refused` where Google certainly cannot make it, by what was heard of it within a minute or so."""
        wrong = [Refused(found) for found in self.evidence.unable]
        if wrong:
            raise wrong[0].besides(wrong[1:])

    def offer(self) -> Offer | ActionOffer:
        """The current policy still offers these terms to this requester, whose account still counts.

        Raises `Refused` when not, `Unavailable` when it cannot be known now.
        """
        if self._offer is None:
            self._offer = self._action_offer()
        if self._offer is None:
            self._require_account(
                self.request.account, self.request.requester, purpose="request", how=self.request.how
            )
            offer = still_offered(
                self.policy,
                self.request.terms,
                requester=self.request.requester,
                memberships=self.evidence.memberships,
                now=self.now,
            )
            require_not_alone(self.request, self.policy, self.evidence)
            self._offer = offer
        return self._offer

    def _action_offer(self) -> ActionOffer | None:
        """What the policy offers of an action, whose person an application brought: they have no account here."""
        if self.request.action is None:
            return None
        if not isinstance(self._offer, ActionOffer):
            asked, known = self.request.filed, self.evidence.memberships
            self._offer = still_asked(
                self.policy, self.request.terms, asked=asked, memberships=known, now=self.now
            )
        return self._offer

    def require_several(self) -> None:
        """Raise `Refused` unless several calls at once are offered, as was asked and now, and not in vain."""
        offer = self.offer()
        if self.request.terms.window is None or not isinstance(offer, ActionOffer) or offer.action.window is None:
            raise Refused("window.none")
        if confirmed_one(self.request):
            raise Refused("window.confirmed")

    def require_demanded(self) -> None:
        """Whatever the policy demands by now was met by those who approved, though they may be gone since.

        Raises `Refused` or `Unavailable`.
        """
        offer = self.offer()
        if offer.requirement in (self.request.terms.requirement, ALLOW):
            return
        votes = standing(self.request.reviews, primary=self.policy.identity.primary)
        self._tally(offer.requirement, votes).met()

    def met(self) -> tuple[Met, Met]:
        """Both requirements are met by people who count now. Raises `Refused` or `Unavailable`."""
        if self.current is None:
            raise Refused("terms")
        if not self._unchecked:
            return self.frozen.met(), self.current.met()
        try:
            return self._without_unchecked()
        except Refused:
            raise Unavailable("an approver's account could not be checked in time") from None

    def _without_unchecked(self) -> tuple[Met, Met]:
        """The same by the votes alone whose accounts could be checked. The others may count for nothing."""
        sure = Case(self.request, self.policy, self.evidence, now=self.now)
        sure.reviews = tuple(review for review in self.reviews if review not in self._unchecked)
        sure._unchecked = []
        return sure.met()

    @property
    def looks_met(self) -> bool:
        """Enough people have approved, as far as is known; some may still have to be checked."""
        enough = self.frozen.looks_met and (self.current is None or self.current.looks_met)
        return enough or self.fitting.unsure

    def counts(self, vote: Review) -> bool:
        """A vote stands that both requirements take, as far as that is known."""
        return vote in self.reviews and self.fitting.may_take(self._rules, vote)

    @property
    def _rules(self) -> tuple[str, ...]:
        """What must hold of whoever approves, by both requirements."""
        return tuple(each.requirement.approve_when for each in (self.frozen, self.current) if each is not None)

    def require_turn(self, by: Identity, *, signed: bool) -> None:
        """Raise unless an approval by this person would count now, made in this way."""
        person = by.principal
        self.require_approver(person)
        both = (self.frozen,) if self.current is self.frozen else (self.frozen, self.current)
        tallies = [t for t in both if t is not None and t.open_places]
        refusals: list[Refused] = []
        for each in tallies:
            try:
                each.turn(person, signed=signed)
            except Refused as refusal:
                if refusal.code == "sign_required":
                    raise
                refusals.append(refusal)
        if tallies and len(refusals) == len(tallies):
            raise refusals[0]
        for rule in self._rules if tallies else ():
            self.fitting.require(rule, Manner.of(by, at=self.now))

    def require_approver(self, person: str) -> None:
        """Raise unless this person is, now, an approver of some stage and not the requester."""
        self.rights.require_approver(person)

    @once
    def rights(self) -> Rights:
        """Who may decide on it now, and by whose right."""
        return Rights(self.request, self.policy, self.evidence)

    def _tally(self, requirement: Requirement, reviews: Sequence[Review] | None = None) -> Tally:
        return tally(
            requirement,
            self.reviews if reviews is None else reviews,
            requester=self.request.requester,
            owners=owners(self.request, self.policy.identity),
            policy=self.policy,
            memberships=self.evidence.memberships,
            standins=self.evidence.standins,
            fits=self.fitting.takes,
            automatic=self.automatic is not None and self.automatic.held == "yes",
        )

    def _stands(self, review: Review) -> bool:
        if self.evidence.parts.holds("", review.person, review.behalf):
            return False
        try:
            self._require_account(review.account, review.person, purpose="decide", how=review.how)
        except Refused:
            return False
        except Unavailable:
            self._unchecked.append(review)
        return True

    def _require_account(self, ref: str, person: str, *, purpose: Purpose, how: How) -> None:
        rules, now = self.policy.identity, self.now
        require_account(self.evidence, rules, ref, person, purpose=purpose, how=how, now=now)
