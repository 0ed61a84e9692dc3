"""One person's recorded vote on one revision of a request."""

import unicodedata
from datetime import datetime
from typing import Any, Literal

import msgspec

from approvals.times import rfc3339
from countersign_client.canonical import text_digest

Verdict = Literal["approve", "deny"]


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person typed. The digest is chained and signed; the text can be erased without harm to it."""

    digest: str
    salt: str
    text: str


def typed(text: str, *, salt: str) -> Typed:
    """Hold a typed text under its salted digest."""
    return Typed(digest=text_digest(salt, text), salt=salt, text=text)


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """A typed name and what the signature means, attested by the service (21 CFR 11.50)."""

    printed_name: Typed
    meaning: Typed


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A vote. `jti` is the activation token used, `account` the chat account (`slack:TEAM/USER`) that pressed."""

    person: str
    verdict: Verdict
    at: datetime
    channel: str
    account: str
    jti: str
    attestation: Attestation | None = None
    comment: Typed | None = None


# Letters and symbols by category that show as nothing: Hangul fillers, the blank Braille pattern, the null
# notehead and the Egyptian blanks (Unicode TR36).
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159\U00013441\U00013442")


def says_something(text: str) -> bool:
    """A text that somebody can read: it holds a letter, number, mark of punctuation or symbol that shows."""
    return any(unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANK for sign in text)


def on_record(review: Review) -> dict[str, Any]:
    """How a vote was made, for the audit chain: what was typed enters by its digest alone."""
    detail: dict[str, Any] = {"jti": review.jti, "channel": review.channel, "account": review.account}
    # The entry's own time is never before the one before it, and a clock that went back may have made the review.
    detail["at"] = rfc3339(review.at)
    if review.attestation is not None:
        detail["printed_name"] = review.attestation.printed_name.digest
        detail["meaning"] = review.attestation.meaning.digest
    if review.comment is not None:
        detail["comment"] = review.comment.digest
    return detail
