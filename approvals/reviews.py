"""Votes on one revision of a request, and what people typed with them."""

import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from approvals.people.accounts import How
from approvals.people.principals import Means
from approvals.refusals.errors import Refused
from approvals.times import rfc3339
from countersign_client.canonical import text_digest

Verdict = Literal["approve", "deny", "take_back"]

TYPED_LENGTH = 1_000
"""Characters of a text that somebody types for others to read: why they ask, deny or end something.

Forms take no more, the policy refuses a longer justification, and of a longer reason that a command took that much
is shown.
"""

MOST_VOTES = 5
"""Votes that one person may cast on one revision; to take an approval back is one."""


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person typed. The digest is chained and signed; the text can be erased without harm to it."""

    digest: str
    salt: str
    text: str


def typed(text: str, *, salt: str) -> Typed:
    """Hold a typed text under its salted digest."""
    return Typed(digest=text_digest(salt, text), salt=salt, text=text)


def is_nothing(said: Typed) -> bool:
    """Nobody typed anything: salt and digest prove that, so both are kept where texts are erased."""
    return not said.text and bool(said.salt) and text_digest(said.salt, "") == said.digest


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """A typed name and what the signature means, attested by the service (21 CFR 11.50).

    `account_name` is what the account was called where that is another name.
    """

    printed_name: Typed
    meaning: Typed
    account_name: Typed | None = None


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A vote, the person's `number`-th on this revision: the last one counts.

    `jti` is the activation token used, empty for a typed command. `account` (`slack:TEAM/USER`) proved who voted,
    `how` is what its channel knew then: by both the vote is counted again. 0.1.0 kept no `how`.

    `means` is where, `chat` or `web`; it is empty where an older release kept the vote.

    `renews`: it stands in the place of an approval by the same person that counted no more. `form` is the page's
    form that it came by, which votes once.

    `behalf`: it was cast for somebody who was away, by whose right it counts. `beside` are all with whom this
    person counted as one when it was cast: for whom they stood in, and who stood in for them.

    `window`: it approves several calls, as many and for as long as the terms offer.
    """

    person: str
    verdict: Verdict
    at: datetime
    channel: str
    account: str
    jti: str
    attestation: Attestation | None = None
    comment: Typed | None = None
    number: int = 1
    how: How = How()
    renews: bool = False
    form: str = ""
    behalf: str = ""
    beside: tuple[str, ...] = ()
    means: Means | Literal[""] = ""
    window: bool = False


def numbered(review: Review, *, after: Iterable[Review]) -> Review:
    """Give a review the number that follows this person's last one.

    An approval follows nothing, its own taking back or what it renews, a taking back an approval, a denial either.
    Raises `Refused` with code `no_vote`, `reviewed` or `votes`.
    """
    own = [each for each in after if each.person == review.person]
    last = own[-1].verdict if own else "take_back"
    if review.verdict == last == "take_back":
        raise Refused("no_vote")
    again = last == review.verdict and not review.renews
    if again or last == "deny":
        raise Refused("reviewed")
    if len(own) >= MOST_VOTES:
        raise Refused("votes", most=MOST_VOTES)
    return msgspec.structs.replace(review, number=len(own) + 1)


def _as_recorded(person: str) -> str:
    return person


def standing(reviews: Iterable[Review], *, primary: Callable[[str], str] = _as_recorded) -> tuple[Review, ...]:
    """Everybody's last vote, in the order in which they were cast; of who took an approval back there is none.

    `reviews` are in the order of their commits, for clocks of several machines differ. `primary` leads addresses
    of one person to one.
    """
    last: dict[str, Review] = {}
    for review in reviews:
        person = primary(review.person)
        last.pop(person, None)
        last[person] = review
    return tuple(review for review in last.values() if review.verdict != "take_back")


def stands(reviews: Iterable[Review], *, of: str) -> bool:
    """Something stands that this address voted. What it took back does not."""
    return bool(standing(review for review in reviews if review.person == of))


# Letters and symbols by category that show as nothing: Hangul fillers, the blank Braille pattern, the null
# notehead and the Egyptian blanks (Unicode TR36).
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159\U00013441\U00013442")


def says_something(text: str) -> bool:
    """A text that somebody can read: it holds a letter, number, mark of punctuation or symbol that shows."""
    return any(unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANK for sign in text)


def on_record(review: Review) -> dict[str, Any]:
    """How a vote was made, for the audit chain: what was typed enters by its digest alone."""
    detail: dict[str, Any] = {
        "jti": review.jti,
        "channel": review.channel,
        "account": review.account,
        "number": review.number,
        # The entry's own time is never before the one before it; a clock that went back may have made the review.
        "at": rfc3339(review.at),
    }
    if review.how != How():
        detail["how"] = authenticated(review.how)
    if review.means:
        detail["means"] = review.means
    detail |= {name: True for name in ("window", "renews") if getattr(review, name)}
    if review.form:
        detail["form"] = review.form
    if review.behalf:
        detail["behalf"] = review.behalf
    if review.beside:
        detail["beside"] = list(review.beside)
    if review.attestation is not None:
        detail["printed_name"] = review.attestation.printed_name.digest
        detail["meaning"] = review.attestation.meaning.digest
        if review.attestation.account_name is not None:
            detail["account_name"] = review.attestation.account_name.digest
    if review.comment is not None:
        detail["comment"] = review.comment.digest
    return detail


def authenticated(how: How) -> dict[str, Any]:
    """How somebody was authenticated, for the audit chain."""
    moments = {"auth_time": how.auth_time, "read_at": how.read_at}
    said: dict[str, Any] = {"amr": list(how.amr), "acr": how.acr, "levels": list(how.levels)}
    said |= {"organisation": how.organisation, "provider": how.provider, "tenant": how.tenant}
    said |= {"attributes": {name: list(values) for name, values in how.attributes.items()}}
    said |= {"auth_within": how.auth_within}
    said |= {name: rfc3339(moment) for name, moment in moments.items() if moment is not None}
    return {name: value for name, value in said.items() if value}
