"""One vote in words: whose it is, how it was signed, and how long it counts."""

from datetime import timedelta

from approvals.people.accounts import How
from approvals.requests import Request
from approvals.reviews import TYPED_LENGTH, Attestation, Review
from approvals.telling.cards import Card
from approvals.times import in_words
from handlers.wording.persons import person
from handlers.wording.text.erased import erased
from handlers.wording.text.lines import Line, Quoted
from handlers.wording.text.typed import clip, quotable


def vote(card: Card, review: Review) -> Line:
    """Who voted, how and when."""
    who = (*person(card, review.person), *((f" for {review.behalf}",) if review.behalf else ()))
    if review.verdict == "take_back":
        return (*who, " took the approval back ", review.at)
    verb = "approved" if review.verdict == "approve" else "denied"
    signed = signature(review.attestation) if review.attestation is not None else ()
    what = f"{verb} several calls" if review.window else verb
    how = f" signed and {what} " if signed else f" {what} "
    return (*who, how, review.at, *signed, *signed_in(review.how), *_comment(card.request, review))


def _comment(request: Request, review: Review) -> Line:
    """What an approver added; why somebody denied stands by itself."""
    if review.comment is None or review.verdict != "approve":
        return ()
    if gone := erased(request):
        return (f", comment: {gone}",)
    return (", comment: “", Quoted(quotable(clip(review.comment.text, TYPED_LENGTH))), "”")


def signature(signed: Attestation) -> Line:
    """By which name somebody signed, and what for."""
    return (
        " as “",
        Quoted(quotable(signed.printed_name.text)),
        "”",
        *_other_name(signed),
        ", meaning: “",
        Quoted(quotable(signed.meaning.text)),
        "”",
    )


def signed_in(how: How) -> Line:
    """When somebody had signed in who voted, where that is known for certain."""
    if how.auth_time is not None:
        return (" (signed in ", how.auth_time, ")")
    if how.auth_within:
        return (f" (signed in within {in_words(timedelta(seconds=how.auth_within))} before)",)
    return ()


def serves(card: Card, review: Review) -> Line:
    """How long a vote counts that was given on a page, and whether it does. An older one is not meant."""
    last = next(vote for vote in reversed(card.request.reviews) if vote.person == review.person)
    if review != last:
        return ()
    if review.person in card.serving.lapsed:
        return (" (counts no more: it has to be given again on the request's page)",)
    until = card.serving.until.get(review.person)
    return (" (while this waits it counts until ", until, ")") if until is not None else ()


def _other_name(signed: Attestation) -> Line:
    """What the account was called where somebody signed by another name."""
    if signed.account_name is None:
        return ()
    return (" while the account's own name was “", Quoted(quotable(signed.account_name.text)), "”")
