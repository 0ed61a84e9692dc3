"""What can be done where a request is shown, and the words for it. Buttons are each channel's own."""

from typing import Literal

import msgspec

from approvals.requests import Request, allows, lives, unconfirmed, undecided, unreviewed, votes_open
from approvals.reviews import standing
from approvals.starting import scheduled
from approvals.telling.cards import Card
from approvals.uses.votes import Shown
from handlers.wording.acting import by_oneself
from handlers.wording.approvals import ALONE, noun
from handlers.wording.several import offered, press, revoked

Vote = Literal["approve", "several", "remark", "sign", "sign_several", "offer", "deny", "take_back"]
Kind = (
    Vote
    | Literal[
        "withdraw", "accept", "end", "extend", "confirm", "confirm_several", "page", "justified", "unjustified"
    ]
)
SEVERAL: frozenset[Kind] = frozenset({"several", "sign_several", "confirm_several"})
"""What is pressed for several calls at once."""

READ = "Read all of it on its page"

_KEEPING = 3
"""Other requests that can be ended where an ended one is shown."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked before something is done, and the word for doing it."""

    title: str
    text: str
    yes: str


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be done about a request. `label` says it to whoever does not see what stands around.

    `shown` is what a person confirms.
    """

    kind: Kind
    request: str
    text: str
    label: str
    question: Question | None = None
    shown: Shown | None = None


class Actions(msgspec.Struct, frozen=True, kw_only=True):
    """What is offered where approvers look, and where the requester does. Pressing is checked again."""

    approvers: tuple[Action, ...] = ()
    requester: tuple[Action, ...] = ()


def actions(card: Card) -> Actions:
    """Say what can be done about a request as it stands. Without a token nobody can vote."""
    request = card.request
    votes = _votes(card) if card.token and votes_open(request) else ()
    if undecided(request):
        return Actions(approvers=votes, requester=(*_confirm(card), *_accept(card), withdraw(request.id)))
    ends = _ends(card)
    more = (extend(request),) if _extends(card) else ()
    return Actions(approvers=(*votes, *_findings(request), *ends), requester=(*more, *ends))


def _extends(card: Card) -> bool:
    """Access that lives can be had for longer; an emergency is declared anew, once it is reviewed."""
    request = card.request
    begun = lives(request) and not scheduled(request)
    return begun and card.frozen is None and request.after_review is None


def _ends(card: Card) -> tuple[Action, ...]:
    request = card.request
    if lives(request):
        return (end(request),)
    if allows(request):
        return (revoke(request),)
    return tuple(_end_too(each.request, noun(request)) for each in card.kept[:_KEEPING])


def _findings(request: Request) -> tuple[Action, ...]:
    """What a reviewer of an emergency can find; why is asked for then."""
    if not unreviewed(request):
        return ()
    found: tuple[tuple[Kind, str], ...] = (("justified", "Justified…"), ("unjustified", "Not justified…"))
    label = f"emergency {request.id}, and say why"
    return tuple(
        Action(kind=kind, request=request.id, text=text, label=f"{text.rstrip('…')}: {label}")
        for kind, text in found
    )


def withdraw(request_id: str) -> Action:
    return Action(
        kind="withdraw",
        request=request_id,
        text="Withdraw",
        label=f"Withdraw request {request_id}",
        question=Question(
            title="Withdraw this request?", text="Nobody can approve it afterwards.", yes="Withdraw"
        ),
    )


def end(request: Request) -> Action:
    """The way to end access that somebody has, and to cancel what is to begin later."""
    later = scheduled(request)
    what = noun(request)
    text = f"Cancel this {what}" if later else f"End {what} now"
    question = _cancel(what) if later else _end(what)
    return Action(kind="end", request=request.id, text=text, label=f"{text}: {request.id}", question=question)


def extend(request: Request) -> Action:
    label = f"Extend the {noun(request)} of {request.id}"
    return Action(kind="extend", request=request.id, text="Extend", label=label)


def revoke(request: Request) -> Action:
    """The way to end an approval that was not used, and the window of several calls that it opened."""
    several = revoked(request)
    text = "Revoke for all its calls" if several else "Revoke the approval"
    what = several or "Its application cannot use it any more, and has to ask again."
    question = Question(title=f"{text}?" if several else "Revoke this approval?", text=what, yes="Revoke it")
    label = f"{text} of request {request.id}"
    return Action(kind="end", request=request.id, text=text, label=label, question=question)


def _confirm(card: Card) -> tuple[Action, ...]:
    """What whoever an application names by its own word is asked, where they see all of it."""
    request = card.request
    if not unconfirmed(request) or card.frozen is not None:
        return ()
    if card.too_long:
        return (_vote("page", READ, request.id),)
    word = "Approve" if by_oneself(request) else "Confirm"
    label = f"{word} request {request.id}"
    shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
    once = Action(kind="confirm", request=request.id, text=word, label=label, shown=shown)
    calls = offered(request)
    if not calls:
        return (once,)
    text = f"{word} {calls}"
    label = f"{text}, request {request.id}"
    return once, Action(kind="confirm_several", request=request.id, text=text, label=label, shown=shown)


def _accept(card: Card) -> tuple[Action, ...]:
    """Whoever asked can take what an approver offers instead."""
    found = card.request.counter
    if found is None or card.frozen is not None:
        return ()
    shown = Shown(request=card.request.id, revision=found.revision, digest=found.digest)
    label = f"Accept the offer for request {card.request.id}"
    return (Action(kind="accept", request=card.request.id, text="Accept the offer", label=label, shown=shown),)


def _end_too(request_id: str, what: str) -> Action:
    """The way to end what keeps an ended access."""
    text = f"End {request_id}, too"
    return Action(kind="end", request=request_id, text=text, label=text, question=_end(what))


def _end(what: str) -> Question:
    over = "It is over at once" if what == ALONE else "It is removed at once"
    text = f"{over}, and not given back. What another request gives stays."
    return Question(title=f"End this {what}?", text=text, yes="End it")


def _cancel(what: str) -> Question:
    text = "It never begins. What another request gives stays."
    return Question(title=f"Cancel this {what}?", text=text, yes="Cancel it")


def _votes(card: Card) -> tuple[Action, ...]:
    back = (_take_back(card.request.id),) if standing(card.request.reviews) else ()
    if card.by_page:
        return (_vote("page", "Decide on its page", card.request.id), *back)
    request = card.request.id
    approve = (_vote("page", READ, request),) if card.too_long else _approve(card)
    less = () if card.request.action is not None else (_vote("offer", "Offer less", request),)
    return (*approve, *less, _vote("deny", "Deny", request), *back)


def _approve(card: Card) -> tuple[Action, ...]:
    if not card.tally.open_places:
        return ()
    request, text = card.request.id, press(card.request, signs=card.tally.signs)
    if card.tally.signs:
        more = (_vote("sign_several", text, request),) if text else ()
        return (_vote("sign", "Sign and approve", request), *more)
    more = (_vote("several", text, request),) if text else ()
    return (_vote("approve", "Approve", request), *more, _vote("remark", "Approve with a comment", request))


def _vote(kind: Kind, text: str, request_id: str) -> Action:
    return Action(kind=kind, request=request_id, text=text, label=f"{text} request {request_id}")


def _take_back(request_id: str) -> Action:
    """The card is everybody's: who has not approved is told so."""
    return Action(
        kind="take_back",
        request=request_id,
        text="Take back my approval",
        label=f"Take back my approval of request {request_id}",
        question=Question(
            title="Take your approval back?",
            text="It counts no more. You can approve again.",
            yes="Take it back",
        ),
    )
