"""What a requester is told at each step: one sentence, and the reason that somebody gave beneath it."""

from collections.abc import Callable

import msgspec

from approvals.policy.words import missing_in_words
from approvals.refusals.reasons import Reason
from approvals.requests import Request, every_review, lives, undecided
from approvals.reviews import TYPED_LENGTH, Review
from approvals.targets import agent_of
from approvals.telling.cards import Card
from approvals.votes.tally import Tally
from handlers.wording import several
from handlers.wording.acting import caller
from handlers.wording.approvals import NOTHING, noun
from handlers.wording.emergencies import reason_found, review_stands
from handlers.wording.grants import ending
from handlers.wording.offers import offer
from handlers.wording.propagation import applied
from handlers.wording.standing import reason_given, standing
from handlers.wording.targets import on_places
from handlers.wording.text.lines import Code, Line, names, span
from handlers.wording.text.tickets import linked
from handlers.wording.text.typed import clean, clip


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`quote` is typed text, cleaned, with the tickets in it, and `title` what it is; most steps have none."""

    sentence: Line
    quote: Line = ()
    title: str = "Reason"


def step(name: str, card: Card) -> Step:
    """Word a step: `active`, `denied`, `progress:2` for the second approval, and so on.

    One without a sentence of its own says where the request stands.
    """
    kind, _, number = name.partition(":")
    if kind == "unmailed":
        return Step(sentence=_unmailed(card, number))
    if kind == "countered":
        why = reason_given(card.request) if offer(card.request) else ""
        return Step(sentence=_countered(card), quote=linked(why, card.tickets))
    if kind in _VOTES:
        added = linked(_added(_vote(card.request, kind, int(number))), card.tickets)
        return Step(sentence=_progress(card, kind, int(number)), quote=added, title="Comment")
    if kind in _GIVEN:
        return _given(_STEPS[kind](card), card)
    said = reason_found(card.request) if kind == "reviewed" else reason_given(card.request)
    quote = linked(said, card.tickets) if kind in (*_REASONED, "reviewed") else ()
    return Step(sentence=_STEPS.get(kind, _stands)(card), quote=quote)


def _what(request: Request) -> Line:
    if request.action is not None:
        return (request.terms.title, " (", Code(request.id), ")")
    terms = request.terms
    return (terms.title, f"{on_places(terms.title, terms.targets)} (", Code(request.id), ")")


def _asked(request: Request) -> str:
    """What stands before what was asked for, in the middle of a sentence."""
    action = request.action
    if action is None:
        return "your request for "
    comma = "," if agent_of(action) else ""
    return f"the request that {caller(action)}{comma} made on your behalf for "


_REASONED = {"denied", "withdrawn", "revoked", "lapsed", "shut"}
_GIVEN = {"scheduled", "active"}
_VOTES = {"progress": ("approve", "approved"), "taken": ("take_back", "took back the approval of")}


def _vote(request: Request, kind: str, number: int) -> Review:
    """The vote that a step is about."""
    return [each for each in every_review(request) if each.verdict == _VOTES[kind][0]][number - 1]


def _added(vote: Review) -> str:
    """What the approver added to that vote, cleaned."""
    comment = vote.comment
    return clip(clean(comment.text), TYPED_LENGTH) if comment is not None else ""


def _given(said: Line, card: Card) -> Step:
    """The vote that decides is told by this alone, so what was added to it stands here."""
    last = every_review(card.request)[-1:]
    added = "".join(map(_added, last))
    return Step(sentence=said, quote=linked(added, card.tickets), title=f"Comment by {''.join(map(named, last))}")


def _progress(card: Card, kind: str, number: int) -> Line:
    request = card.request
    who, verb = named(_vote(request, kind, number)), _VOTES[kind][1]
    start: Line = (f"{who} {verb} {_asked(request)}", *_what(request), ". ")
    if not undecided(request):
        return (*start, standing(request).words, ".")
    if not card.tally.open_places:
        return (*start, "That is enough; it is being checked.")
    needed = _needed(card.tally)
    return (*start, f"It still needs {needed}. It expires unless decided by ", request.terms.expires, ".")


def _countered(card: Card) -> Line:
    said = offer(card.request)
    if not said:
        return ("What was offered in place of ", _asked(card.request), *_what(card.request), " is no more.")
    return (
        "About ",
        _asked(card.request),
        *_what(card.request),
        ": ",
        *said,
        " Accept it by the button of your request's own message, or on its page. If you do nothing, it waits on.",
        " Once you accept, it has to be approved anew.",
    )


def named(review: Review) -> str:
    """Who voted, and for whom where that is somebody who was away."""
    return f"{review.person} for {review.behalf}" if review.behalf else review.person


def _needed(tally: Tally) -> str:
    stages = zip(tally.said.stages, tally.stages, strict=True)
    return ", then ".join(missing_in_words(stage, missing=held.missing) for stage, held in stages if held.missing)


def _active(card: Card) -> Line:
    request, grant = card.request, card.request.grant
    what: Line = (*_what(request), *((" until ", ending(grant)) if grant else ()))
    early = "End it early when you are done."
    if request.terms.extends:
        # It is there already, and only lasts longer.
        return (f"Your {noun(request)} lasts longer: ", *what, f". {early}")
    if request.approval_only:
        return ("This is approved now: ", *what, f". {NOTHING} {early}")
    return ("You have access now: ", *what, f". {applied(request)} {early}", *review_stands(request))


def _scheduled(card: Card) -> Line:
    """It stands as it was sent, also when what was approved has begun."""
    request, grant = card.request, card.request.grant
    if grant is None:
        return _stands(card)
    start, end = span(grant.window.start, grant.window.end)
    lasts: Line = ("access begins ", start, " and ends ", end, ". You are told when it is there.")
    if request.approval_only:
        lasts = ("it stands from ", start, " to ", end, ". You are told when that begins.")
    cancel = " If you do not need it after all, cancel it."
    return ("Your request for ", *_what(request), " is approved: ", *lasts, cancel)


def _unseen(card: Card) -> Line:
    return (
        _capital(_asked(card.request)),
        *_what(card.request),
        " has reached no approver: the channel or the people that the policy names cannot be reached in Slack. ",
        "Tell your administrators; the service's log says why. The card is posted as soon as that is mended.",
    )


def _unmailed(card: Card, address: str) -> Line:
    return (
        f"A mail server refused the mail that asks {address} about {_asked(card.request)}",
        *_what(card.request),
        ". Tell them yourself, or tell your administrators: the service's log says why.",
    )


def _denied(card: Card) -> Line:
    by = names(card.request.decision.by) if card.request.decision else ""
    return (_capital(_asked(card.request)), *_what(card.request), f" was denied by {by or 'an approver'}.")


def _meaning(card: Card) -> Line:
    return standing(card.request, kept=card.kept).meaning


def _ended(card: Card) -> Line:
    return (f"Your {noun(card.request)} has ended: ", *_what(card.request), ". ", *_meaning(card))


def _expires(card: Card) -> Line:
    request = card.request
    return (
        _capital(_asked(request)),
        *_what(request),
        " expires ",
        request.terms.expires,
        f" unless it is decided before. It still needs {_needed(card.tally) or 'a check'}. Ask them, if you can.",
    )


def _ends(card: Card) -> Line:
    """It is drawn anew when it is so."""
    grant = card.request.grant
    if grant is not None and lives(card.request) and card.kept:
        return (f"Your {noun(card.request)} was extended: ", *_what(card.request), ". ", *_meaning(card))
    if grant is None or not lives(card.request):
        return (_capital(standing(card.request).words), ": ", *_what(card.request), ".")
    over = "Finish" if card.request.approval_only else "Save"
    again = "Do you need it for longer? Then ask for it again in time."
    what = _what(card.request)
    return (
        f"Your {noun(card.request)} ends ",
        ending(grant),
        ": ",
        *what,
        f". {over} what you are doing. {again}",
    )


def _revoked(card: Card) -> Line:
    grant = card.request.grant
    begun = grant is None or (grant.begun and not isinstance(grant.cause, Reason))
    became = "was taken away" if begun else "will not begin"
    return (
        f"Your {noun(card.request)} {became}: ",
        *_what(card.request),
        ". ",
        *standing(card.request, kept=card.kept).meaning,
    )


def _failed(card: Card) -> Line:
    return (
        "Your approved request for ",
        *_what(card.request),
        " came to nothing. ",
        *standing(card.request).meaning,
        " Ask again, or show this to your administrators.",
    )


def _lapsed(card: Card) -> Line:
    return (
        "It was revoked before it was used: ",
        _asked(card.request),
        *_what(card.request),
        ". ",
        *standing(card.request).meaning,
    )


def _shut(card: Card) -> Line:
    """Of a window whose first call was used before, or not in time: nothing was taken back of that one."""
    request = card.request
    return (
        "An approval for several calls was revoked: ",
        _asked(request),
        *_what(request),
        ". ",
        *several.over(request),
        " No more calls can be taken, and what was taken and not made cannot be made. The agent has to ask again.",
    )


def _reviewed(card: Card) -> Line:
    """Of a review whoever broke the glass hears what was found, and what it means for them."""
    return (
        "What you did in an emergency was reviewed: ",
        *_what(card.request),
        ".",
        *review_stands(card.request),
        " In another emergency you can do it again.",
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _stands(card: Card) -> Line:
    now = standing(card.request)
    return (*_what(card.request), f": {now.words}. ", *now.meaning)


_STEPS: dict[str, Callable[[Card], Line]] = {
    "unseen": _unseen,
    "scheduled": _scheduled,
    "active": _active,
    "denied": _denied,
    "ended": _ended,
    "expires": _expires,
    "ends": _ends,
    "revoked": _revoked,
    "failed": _failed,
    "lapsed": _lapsed,
    "shut": _shut,
    "reviewed": _reviewed,
}
