"""A vote in the making: what was pressed and typed, whether it says anything new, and the review it becomes."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from approvals.identities import Identity
from approvals.ids import new_salt
from approvals.names import noted
from approvals.people.accounts import Account
from approvals.people.principals import IdentityRules
from approvals.refusals.errors import Refused
from approvals.requests import Request, votes_open
from approvals.reviews import Attestation, Review, Verdict, says_something, stands, typed


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """A button or form of a card: the token it carried and what was typed. `form` is what votes only once.

    `window`: it approves several calls of a tool, as its terms offer that.
    """

    token: str
    verdict: Verdict
    printed_name: str = ""
    meaning: str = ""
    comment: str = ""
    form: str = ""
    window: bool = False


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request somebody has been shown before they decide."""

    request: str
    revision: int
    digest: str


class Voted(msgspec.Struct, frozen=True, kw_only=True):
    """What a press came to. `repeated` says that the person's vote stood already, as `verdict`."""

    request: Request
    repeated: bool
    verdict: Verdict


def repeated(request: Request, own: Mapping[int, Review], verdict: Verdict, *, by: Identity) -> Voted | None:
    """What to answer where a person's last vote says the same, or stands in a request that is decided.

    An approval that was given under what is an alias by now counts no more while the request waits.
    """
    vote = own[max(own)] if own else None
    last = vote.verdict if vote else None
    settled = not votes_open(request) and "take_back" not in (last, verdict)
    counts = vote is not None and (vote.person == by.principal or verdict != "approve")
    if last is None or not ((last == verdict and counts) or settled):
        return None
    return Voted(request=request, repeated=True, verdict=last)


def require_same_choice(request: Request, own: Mapping[int, Review], press: Press) -> None:
    """Raise for who approves one call where their approval of several stands, or the other way round.

    That approval is not made less or more by a second press: nobody is to believe so.
    """
    vote = own[max(own)] if own else None
    if vote is None or not votes_open(request) or not vote.verdict == press.verdict == "approve":
        return
    if vote.window != press.window:
        raise Refused("reviewed.several" if vote.window else "reviewed.one")


def require_one_address(request: Request, person: str) -> None:
    """Raise for an approval that stands and counts no more, because the same person gave another one after it.

    That one was given under what was somebody else's address then.
    """
    if stands(request.reviews, of=person):
        raise Refused("reviewed.addresses")


def require_new(press: Press, request: Request) -> None:
    """Raise where this form has voted: it is spent by the commit of its vote, whatever came after."""
    if press.form and any(review.form == press.form for review in request.reviews):
        raise Refused("older_card")


def review_of(identity: Identity, press: Press, *, jti: str, now: datetime, renews: bool = False) -> Review:
    """The review that somebody's press is, as far as the press says it."""
    attestation = None
    if says_something(press.printed_name) and says_something(press.meaning):
        attestation = Attestation(
            printed_name=typed(press.printed_name.strip(), salt=new_salt()),
            meaning=typed(press.meaning.strip(), salt=new_salt()),
        )
    comment = typed(press.comment.strip(), salt=new_salt()) if says_something(press.comment) else None
    return Review(
        person=identity.principal,
        verdict=press.verdict,
        at=now,
        channel=identity.proof.channel,
        account=identity.proof.account,
        how=identity.proof.how,
        jti=jti,
        attestation=attestation,
        comment=comment,
        renews=renews,
        form=press.form,
        means=identity.account.means,
        window=press.window,
    )


def named(review: Review, account: Account, rules: IdentityRules) -> Review:
    """Note the account's name beside a signature by another, or refuse it, as the policy says."""
    signed = review.attestation
    name = noted(signed.printed_name.text, account, rules) if signed is not None else ""
    if signed is None or not name:
        return review
    beside = msgspec.structs.replace(signed, account_name=typed(name, salt=new_salt()))
    return msgspec.structs.replace(review, attestation=beside)
