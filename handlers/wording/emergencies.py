"""Access in an emergency, in words: that nobody approved it, how its review stands, and what it found."""

from collections.abc import Mapping

from approvals.policy.words import selectors_in_words
from approvals.requests import Request
from approvals.reviews import TYPED_LENGTH
from approvals.telling.cards import Card
from approvals.times import in_words
from handlers.wording.targets import what, where
from handlers.wording.text.erased import erased, text_of
from handlers.wording.text.lines import Code, Line, Quoted, names
from handlers.wording.text.typed import clip, quotable

WARNING = (
    "Nobody approves this. Access begins at once, everybody who reviews it and the security channel are told, and"
    " one of them has to find afterwards whether it was justified. Until then you cannot do this again."
)
"""What whoever breaks the glass is told before they confirm it."""

FINDING = "Say why it was justified, or why not: it is kept with the request."
DECLARE = "Break the glass"
"""What is pressed by whoever confirms it."""

_QUOTED = 300


def found(*, justified: bool) -> str:
    """Say what a review found."""
    return "justified" if justified else "not justified"


def broken(request: Request) -> str:
    """Head an emergency: that it is one, and what was found of it."""
    finding = request.after_review.finding if request.after_review is not None else None
    return f"Break-glass, {'not reviewed yet' if finding is None else found(justified=finding.justified)}"


def review_stands(request: Request) -> Line:
    """Say that nobody approved it, and who reviewed it or by when somebody has to; nothing of other access."""
    if request.after_review is None:
        return ()
    finding = request.after_review.finding
    if finding is None:
        return (" Nobody approved it. ", *lead(request))
    said = f" Nobody approved it. {names((finding.by,))} reviewed it "
    return (said, finding.at, f" and found it {found(justified=finding.justified)}.")


def lead(request: Request) -> Line:
    """Say who has to review it, and by when."""
    awaited = request.after_review
    if awaited is None:
        return ()
    return (f"One of {selectors_in_words(awaited.by)} has to review it by ", awaited.due, ".")


def reason_found(request: Request) -> str:
    """Why it was found justified or not, as it was typed, cleaned and cut; else empty."""
    finding = request.after_review.finding if request.after_review is not None else None
    return clip(text_of(request, finding.why), TYPED_LENGTH) if finding is not None else ""


def finding_said(request: Request) -> tuple[Line, ...]:
    """Who found what of it, and why, as one line beneath the votes, of which it has none."""
    finding = request.after_review.finding if request.after_review is not None else None
    if finding is None:
        return ()
    said = f"{finding.by} found it {found(justified=finding.justified)} "
    if gone := erased(request):
        return ((said, finding.at, f": {gone}"),)
    return ((said, finding.at, ": “", Quoted(clip(quotable(finding.why.text), _QUOTED)), "”"),)


_LEADS: Mapping[str, str] = {
    "begun": "🚨 The glass was broken: access without anybody's approval",
    "reminded": "🚨 Still to be reviewed: access that nobody approved",
    "overdue": "🚨 OVERDUE, and not reviewed: access that nobody approved",
}


def alarmed(card: Card, alarm: str, *, whole: bool) -> Line:
    """Tell reviewers, and the room, of an emergency: as it begins, halfway to its review's end, and after that."""
    request = card.request
    awaited = request.after_review
    others = f" Tell whoever can review it: {selectors_in_words(awaited.by)}." if awaited and not whole else ""
    facts: Line = (f": {request.requester}, ", *what(request.terms.targets), " on ", *where(request.terms.targets))
    lasts = f", {in_words(request.terms.duration)} (request "
    return (_LEADS.get(alarm, _LEADS["begun"]), *facts, lasts, Code(request.id), "). ", *lead(request), others)


def unconfirmed_emergency(title: str) -> str:
    return (
        f"{title} is for emergencies: access begins without anybody's approval, and is reviewed afterwards. Say"
        " once more that this is one: confirm it in the form, on the page, or with break_glass in the call."
    )


def no_emergency(title: str) -> str:
    return f"{title} is no access for emergencies. Ask for it as for any other."


def nobody_reviews(approvers: tuple[str, ...]) -> str:
    return (
        f"Nobody but you could review this afterwards: the policy names {selectors_in_words(approvers)}. Whoever"
        " writes it can name somebody else."
    )


def unreviewed(request: str) -> str:
    return (
        f"You broke the glass before, and nobody has reviewed that yet ({request}). Ask its reviewers to: until"
        " then you cannot do it again. What somebody approves you can still ask for."
    )


def no_reviewer(approvers: tuple[str, ...]) -> str:
    return f"Only {selectors_in_words(approvers)} can review this."


def reviewed_already(person: str) -> str:
    return f"{person} has reviewed this already, and a review is done once."
