"""Access in an emergency, in words: how its review stands, and what it found."""

from approvals.policy.words import selectors_in_words
from approvals.requests import Request
from handlers.wording.lines import Line, names


def found(*, justified: bool) -> str:
    """Say what a review found."""
    return "justified" if justified else "not justified"


def review_stands(request: Request) -> Line:
    """Say that nobody approved it, and who reviewed it or by when somebody has to; nothing of other access."""
    awaited = request.after_review
    if awaited is None:
        return ()
    if awaited.finding is not None:
        finding = awaited.finding
        said = f" Nobody approved it. {names((finding.by,))} reviewed it "
        return (said, finding.at, f": {found(justified=finding.justified)}.")
    who = selectors_in_words(awaited.by)
    return (f" Nobody approved it: {who} must review it by ", awaited.due, ".")
