"""What people are told when something does not work: one table for every channel."""

import secrets

from approvals.refusals.errors import Conflict, Late, NotFound, NotKept, OffersUnknown, Refused, Unavailable
from approvals.requests import Settled, usable
from handlers.wording.late import since
from handlers.wording.refusing.refusals import told

NOTHING = "There is nothing here, or it is not yours to see."
"""What is said of a request, of something to ask for and of an address alike."""

_LATER = (
    "This could not be checked right now. Try again in a minute. "
    "If you were asking for access, look first whether your request is there."
)
_SILENT = (
    "Google does not say now what IAM offers, so this could not be checked, and nothing was changed."
    " Try again in a minute."
)
_NOT_KEPT = "Everything is slow right now, so nothing was changed. Try again in a minute."
_LATE = (
    "This took longer than could be waited for, and it may have been kept all the same. "
    "In a minute, look at the card, or whether your request is there. If nothing has changed, do it again: "
    "a vote never counts twice."
)
_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (NotKept, _NOT_KEPT),
    (Late, _LATE),
    (OffersUnknown, _SILENT),
    (Unavailable, _LATER),
    (Conflict, "Somebody else changed this at the same moment. Try again."),
    (NotFound, "There is no such request, or it is not yours to see."),
)


def in_words(error: Exception) -> str:
    """Return the sentence for a person. Raises the error itself when it is none that people may be told."""
    if isinstance(error, Settled):
        # Without a grant the decision itself says what the error says.
        said_twice = error.code == "decided" and error.request.grant is None and not usable(error.request)
        return f"{'This request is over.' if said_twice else told(error)} {since(error.request)}"
    if isinstance(error, Refused):
        return told(error)
    for kind, sentence in _SENTENCES:
        if isinstance(error, kind):
            return sentence
    raise error


def error_id() -> str:
    """Return a fresh id that joins what a person was told with what the log says."""
    return f"e-{secrets.token_hex(4)}"


def generic(reference: str) -> str:
    """Return the one sentence that an unexpected error gets outside."""
    return f"Something went wrong here. Tell your administrators this id, it stands in the log: {reference}"
