"""A request: one ask, its frozen terms, its reviews and what came of it."""

from datetime import datetime
from typing import Literal, Unpack

import msgspec

from approvals.counted import Counted
from approvals.emergencies import AfterReview
from approvals.grants import LIVE, Grant, whole
from approvals.once import once
from approvals.people.accounts import How
from approvals.people.principals import IdentityRules
from approvals.refusals.codes import Code
from approvals.refusals.errors import Refused
from approvals.refusals.reasons import Facts, Reason
from approvals.reviews import Review, Typed
from approvals.revisions import Counter, Former
from approvals.targets import Access, ActionCall, accesses, action_of, approval_only
from approvals.terms.records import Asked, Terms, without_text
from approvals.times import whole_seconds
from countersign_client.chain import START

State = Literal["pending", "approved", "denied", "withdrawn", "expired", "used", "lapsed"]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The final outcome, said once. `by` is empty when time or the policy decided.

    `reason` is `time` where nobody decided, `left` where whoever asked has left, `forced` where a looser policy
    came into force that nobody had accepted, else what the policy refused: a record of 0.1.0 holds its sentence.
    """

    outcome: Literal["approved", "denied", "withdrawn", "expired"]
    at: datetime
    by: tuple[str, ...]
    reason: Reason | str = ""
    comment: Typed | None = None


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """The one use of an approved action: when, by which application, and the key of the call that used it."""

    at: datetime
    by: str
    key: str


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """The person whom an application named has said so, by this account. `window`: for several calls."""

    at: datetime
    account: str
    how: How = How()
    window: bool = False


class Lapse(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an approval that was not used, as far as the store knows.

    Its time was over, or `by` took it back and `why` says why, or the person it was for has `left`, or their
    `session` was revoked. Or the store was restored since it was approved: then nobody here knows whether it was
    used.
    """

    at: datetime
    cause: Literal["time", "person", "restored", "left", "session"] = "time"
    by: str = ""
    why: Typed | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One ask. `version` counts the commits, `seq` and `head` are the tail of its audit chain.

    `how` is what the channel of `account` knew when it was asked: by both who asked is judged again. 0.1.0 kept
    none. Once it is approved there is one of `grants` for each target of the terms, in their order; an action has
    none: it was approved in a `generation` of the store, and is `used` once or comes to be `lapsed`. `covered` is
    the object that `digest` is of, as canonical JSON: see `approvals.terms.covered`. Where a service account
    asked, `owners` are those who owned it then. Where an application named a person by its own word alone, that
    person `confirmed` it before anybody decides. What was had in an emergency has an `after_review`. Where whoever
    approved a call of a tool chose so, its approval is for more of them by its `window`.

    `counter` is what an approver offers instead, while that is not accepted; `former` are the revisions before
    this one, whose reviews count no more. What was typed is there until it is `erased`.
    """

    v: int = 2
    id: str
    revision: int
    requester: str
    account: str
    how: How = How()
    terms: Terms
    covered: str
    digest: str
    state: State
    filed: datetime
    updated: datetime
    reviews: tuple[Review, ...] = ()
    decision: Decision | None = None
    grants: tuple[Grant, ...] = ()
    owners: tuple[str, ...] = ()
    confirmed: Confirmed | None = None
    generation: str = ""
    used: Use | None = None
    lapsed: Lapse | None = None
    window: Counted | None = None
    after_review: AfterReview | None = None
    counter: Counter | None = None
    former: tuple[Former, ...] = ()
    erased: datetime | None = None
    version: int = 1
    seq: int = 0
    head: str = START

    @once
    def grant(self) -> Grant | None:
        """How its access stands as a whole; None before there is any."""
        return whole(self.grants)

    @once
    def action(self) -> ActionCall | None:
        """The action that is asked for; None where it is access, or an approval alone."""
        return action_of(self.terms.targets)

    @once
    def approval_only(self) -> bool:
        """It asks for an approval alone, whose grant gives nothing and says when the approval stands."""
        return approval_only(self.terms.targets)

    @property
    def use_by(self) -> datetime | None:
        """From when on an approved action cannot be used any more; None while there is no such approval."""
        if self.action is None or self.decision is None or self.decision.outcome != "approved":
            return None
        return whole_seconds(self.decision.at) + self.terms.duration


class Settled(Refused):
    """What somebody wanted is too late. The request says what has become of it, for those who may know."""

    def __init__(self, code: Code, request: Request, /, **facts: Unpack[Facts]) -> None:
        super().__init__(code, **facts)
        self.request = request


def every_review(request: Request) -> tuple[Review, ...]:
    """Every vote on every revision, in the order in which they were cast. Only those of the last one count."""
    return (*(review for each in request.former for review in each.reviews), *request.reviews)


def asked(request: Request) -> Asked:
    """Who asks for what, as far as the request's digest covers it."""
    found = Asked(request=request.id, revision=request.revision, requester=request.requester, terms=request.terms)
    return without_text(found)


def given(request: Request) -> tuple[tuple[Access, Grant], ...]:
    """Each target that gives access, with its grant: nothing before there is any, and nothing of an action.

    An approval alone gives none, so that nobody who works on access finds anything of it.
    """
    return tuple(zip(accesses(request.terms.targets), request.grants, strict=False))


def undecided(request: Request) -> bool:
    """Nobody has decided it, and it was not taken back: it can still expire, and whoever asked can withdraw it."""
    return request.state == "pending"


def owners(request: Request, rules: IdentityRules) -> frozenset[str]:
    """Who owns the service account that asked, now or when it did; nobody where a person asked."""
    named = (*request.owners, *rules.service_accounts.get(request.requester, ()))
    return frozenset(map(rules.primary, named))


def votes_open(request: Request) -> bool:
    """People may vote on this request, as far as its record says; its time may be over all the same."""
    return undecided(request) and not unconfirmed(request)


def unconfirmed(request: Request) -> bool:
    """An application says by its own word alone for whom it asks, and that person has not said so yet.

    Or nobody else is asked: then their word is the approval, however they are proven, and no token gives it.
    """
    person = request.terms.person
    # What is taken from a window was confirmed with that.
    if person is None or request.confirmed is not None or request.terms.within is not None:
        return False
    return person.proven == "asserted" or request.terms.requirement.kind == "self"


def to_confirm(request: Request) -> bool:
    """It waits for the one whom an application named: they approve it themselves, or say that it is they."""
    return undecided(request) and unconfirmed(request)


def confirmed_one(request: Request) -> bool:
    """Whom the agent named has confirmed one call, and no more: nobody can approve several with that."""
    return request.confirmed is not None and not request.confirmed.window


def is_over(request: Request, *, now: datetime) -> bool:
    """The time in which a request can be decided is over, by the clock or by what was recorded last."""
    return request.terms.expires <= now or request.terms.expires <= request.updated


def waits(request: Request, *, now: datetime) -> bool:
    """People can vote on it now."""
    return votes_open(request) and not is_over(request, now=now)


def lives(request: Request) -> bool:
    """Its access is still to begin, is being made or stands: nothing has ended it."""
    return request.grant is not None and request.grant.state in LIVE


def approval_over(request: Request) -> datetime | None:
    """When an approval alone that stands is over: no work on access sees to that. None: this is none."""
    stands = request.approval_only and request.grant is not None and request.grant.state == "active"
    return request.grant.window.end if stands and request.grant is not None else None


def usable(request: Request) -> bool:
    """Its action is approved, and was neither used nor taken back; its time may be over all the same."""
    return request.state == "approved" and request.action is not None


def unshut(request: Request) -> bool:
    """Nothing has ended the window that its approval opened; its time may be over all the same.

    Calls can be taken from it, or, where all are, be made that were.
    """
    ended = request.lapsed is not None and request.lapsed.cause != "time"
    return request.window is not None and request.window.shut is None and not ended


def counting(request: Request) -> bool:
    """More calls can be taken from the window that its approval opened; its time may be over all the same."""
    return request.window is not None and request.window.left > 0 and unshut(request)


def allows(request: Request) -> bool:
    """Its approval still lets something be done: its action used, or calls be taken from its window, or made."""
    return usable(request) or unshut(request)


def unreviewed(request: Request) -> bool:
    """It gave access in an emergency, and nobody has reviewed that yet."""
    return request.after_review is not None and request.after_review.finding is None


def settled(request: Request) -> bool:
    """Nothing can happen to it any more, as far as its record says: it was decided and nothing of it is left over.

    Its access is seen to be gone, its action was used or lapsed, its emergency was reviewed.
    """
    left = allows(request) or unreviewed(request) or any(not grant.removed for grant in request.grants)
    return not undecided(request) and not left


def under_freeze(request: Request) -> bool:
    """A freeze of everything does not hold its access up."""
    return request.after_review is not None and request.after_review.under_freeze


def held_up(request: Request, *, now: datetime) -> bool:
    """What a freeze holds up: it waits for its decision, or its access was to begin by now and is not there.

    Nothing is held up of what begins later, and nobody looks at it before. Access in an emergency that is exempt
    (`under_freeze`) is held up by a freeze of its own or its holder's alone.
    """
    grant = request.grant
    begins = grant is not None and grant.state in ("scheduled", "activating") and grant.window.start <= now
    return undecided(request) or begins


def require_votes_open(request: Request, *, now: datetime) -> None:
    """Raise `Settled` of what is decided, and `Refused` with code `expired` where that takes too long.

    With code `unconfirmed.person` before whoever an application named has said so themselves.
    """
    if not undecided(request):
        raise Settled("decided", request, state=request.state)
    require_time(request, now=now)
    if unconfirmed(request):
        raise Refused("unconfirmed.person")


def require_time(request: Request, *, now: datetime) -> None:
    """Raise `Refused` with code `expired` once the time in which it can be decided is over."""
    if is_over(request, now=now):
        raise Refused("expired")


def is_for_the_same(one: Request, other: Request) -> bool:
    """Another request, for what this one asks for."""
    return one.id != other.id and one.terms.entitlement == other.terms.entitlement
