"""What people and programs typed into a request, and what is left of a request whose texts are erased.

Whose name a signature bears is no such text: it says who signed, as the address beside it does.
"""

from collections.abc import Iterator
from typing import Any, TypeVar, overload

import msgspec

from approvals.counted import Counted
from approvals.emergencies import AfterReview
from approvals.requests import Decision, Lapse, Request, asked, every_review
from approvals.reviews import Review, Typed, is_nothing
from approvals.revisions import Counter, Former
from approvals.targets import ActionCall, Target
from approvals.terms.covered import cover
from approvals.terms.records import Terms
from countersign_client.canonical import digest_of

_Revision = TypeVar("_Revision", Request, Former, Counter)


def every_text(record: Request) -> Iterator[tuple[str, Typed]]:
    """Everything that was typed into it but what an action is done with, each with what it is for."""
    offers = _offers(record)
    terms = [record.terms, *(each.terms for each in record.former), *(each.terms for each in offers)]
    yield from (("reason", each.justification) for each in terms)
    comments = [review.comment for review in every_review(record)]
    comments += [record.decision.comment] if record.decision else []
    yield from (("comments", each) for each in comments if each)
    ends = [*(grant.why for grant in record.grants), record.lapsed.why if record.lapsed else None]
    ends += [record.window.shut.why] if record.window is not None and record.window.shut is not None else []
    yield from (("ends", each) for each in ends if each)
    yield from (("offers", each.why) for each in offers if each.why)
    finding = record.after_review.finding if record.after_review else None
    if finding:
        yield "review", finding.why


def signed(record: Request) -> Iterator[Typed]:
    """The names and meanings of its signatures, which stay."""
    for review in every_review(record):
        if found := review.attestation:
            yield from filter(None, (found.printed_name, found.meaning, found.account_name))


def named(record: Request) -> tuple[str, ...]:
    """What its texts are for, each once: alike before they are erased and after."""
    found = {name for name, _ in every_text(record)} | ({"action"} if record.action is not None else set())
    return tuple(sorted(found))


def left(record: Request) -> dict[str, Any]:
    """What the chain says once they are erased: what they were for, and the digest of what is left as covered."""
    return {"texts": list(named(record)), "covered": digest_of(record.covered.encode())}


def has_texts(record: Request) -> bool:
    """Something of what was typed is still there, or what could be tried against its digest."""
    call = record.action
    done_with = call is not None and bool(call.parameters or call.key or call.data or record.terms.salt)
    return done_with or any((each.text or each.salt) and not is_nothing(each) for _, each in every_text(record))


def without_texts(record: Request) -> Request:
    """The same without anything that was typed, each text by its digest alone.

    An action goes without what it was to be done with. So the object that its digest covers goes, too, and there
    stands what is left of it.
    """
    bare = _revised(record)
    bare = msgspec.structs.replace(
        bare,
        former=tuple(map(_former, record.former)),
        counter=_offer(record.counter) if record.counter else None,
        reviews=tuple(map(_review, record.reviews)),
        decision=_decided(record.decision) if record.decision else None,
        grants=tuple(msgspec.structs.replace(each, why=_bare(each.why)) for each in record.grants),
        lapsed=_lapsed(record.lapsed) if record.lapsed else None,
        window=_window(record.window) if record.window else None,
        after_review=_reviewed(record),
    )
    return bare if bare.action is None else msgspec.structs.replace(bare, covered=cover(asked(bare)).text)


def _offers(record: Request) -> tuple[Counter, ...]:
    return (*(each.offer for each in record.former), *((record.counter,) if record.counter else ()))


@overload
def _bare(typed: Typed) -> Typed: ...
@overload
def _bare(typed: None) -> None: ...
@overload
def _bare(typed: Typed | None) -> Typed | None: ...
def _bare(typed: Typed | None) -> Typed | None:
    if typed is None or is_nothing(typed):
        return typed
    return Typed(digest=typed.digest, salt="", text="")


def _revised(found: _Revision) -> _Revision:
    return msgspec.structs.replace(found, terms=_terms(found.terms))


def _terms(terms: Terms) -> Terms:
    bare = _bare(terms.justification)
    return msgspec.structs.replace(terms, justification=bare, targets=tuple(map(_target, terms.targets)), salt="")


def _target(target: Target) -> Target:
    if not isinstance(target, ActionCall):
        return target
    return msgspec.structs.replace(target, parameters=(), key="", data="")


def _former(found: Former) -> Former:
    bare = _revised(found)
    return msgspec.structs.replace(bare, reviews=tuple(map(_review, found.reviews)), offer=_offer(found.offer))


def _offer(found: Counter) -> Counter:
    return msgspec.structs.replace(_revised(found), why=_bare(found.why))


def _decided(decision: Decision) -> Decision:
    return msgspec.structs.replace(decision, comment=_bare(decision.comment))


def _lapsed(lapse: Lapse) -> Lapse:
    return msgspec.structs.replace(lapse, why=_bare(lapse.why))


def _window(found: Counted) -> Counted:
    shut = found.shut
    if shut is None:
        return found
    return msgspec.structs.replace(found, shut=msgspec.structs.replace(shut, why=_bare(shut.why)))


def _review(review: Review) -> Review:
    return msgspec.structs.replace(review, comment=_bare(review.comment))


def _reviewed(record: Request) -> AfterReview | None:
    awaited = record.after_review
    if awaited is None or awaited.finding is None:
        return awaited
    finding = msgspec.structs.replace(awaited.finding, why=_bare(awaited.finding.why))
    return msgspec.structs.replace(awaited, finding=finding)
