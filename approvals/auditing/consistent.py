"""What a record says twice, and what its digests cover: whether it agrees with itself."""

from collections.abc import Iterator

from approvals.grants import LIVE, Grant
from approvals.requests import Request
from approvals.revisions import Counter, Former
from approvals.terms.covered import CoveredError, read
from approvals.terms.records import Asked, without_text
from approvals.terms.windows import window
from approvals.texts import every_text, has_texts, signed
from countersign_client.canonical import digest_of, text_digest


def inconsistencies(record: Request) -> Iterator[str]:
    """Say in words in what a record contradicts itself, or what its digests cover. Nothing: it does not."""
    yield from _covered(record)
    if record.v != 2 or not 1 <= record.version <= record.seq:
        yield "its record has another version than any that was written"
    if record.grants and (record.action or len(record.grants) != len(record.terms.targets)):
        yield "it has not one grant for each of its targets"
    if any(grant.window != window(record.terms, at=grant.window.start) for grant in record.grants):
        yield "its window is not as long as was asked"
    if record.approval_only and any(not _stands_alone(grant) for grant in record.grants):
        yield "an approval alone stands or is over, and nothing of it is made or left"
    if (record.after_review is not None) != _is_emergency(record):
        yield "a review afterwards goes with access in an emergency, and with no other"
    if not _salts_fit(record):
        yield "a secret in it has no salt, or something else has one"
    if record.window and (record.action is None or record.decision is None or record.terms.window is None):
        yield "it has a window of several calls that nobody could approve"
    if record.used and (record.action is None or record.used.by != record.action.application):
        yield "it was used by another application than asked for it"
    yield from _typed(record)


def _stands_alone(grant: Grant) -> bool:
    return grant.state != "activating" and grant.removed == (grant.state not in LIVE)


def _is_emergency(record: Request) -> bool:
    return bool(record.grants) and record.terms.requirement.kind == "break_glass"


def _salts_fit(record: Request) -> bool:
    """Each secret has the salt of its digest, and nothing else has one."""
    given = record.action.parameters if record.action is not None else ()
    return all(bool(each.salt) == (each.type == "secret") for each in given)


def _covered(record: Request) -> Iterator[str]:
    """What is digested is the object that is kept, of every revision, and that says the same as the record."""
    for of in _revisions(record):
        yield from _covers(record, of)


def _revisions(record: Request) -> tuple[Request | Former | Counter, ...]:
    """Every set of terms that it holds: those in force, those before, and those that are or were offered."""
    offers = (*(each.offer for each in record.former), *((record.counter,) if record.counter else ()))
    return (record, *record.former, *offers)


def _covers(record: Request, of: Request | Former | Counter) -> Iterator[str]:
    # Of an action whose texts are erased that object is gone; its chain tells the digest of what is left of it.
    left = record.erased is not None and record.action is not None
    if not left and digest_of(of.covered.encode()) != of.digest:
        yield "its digest is not that of the object that is kept with it"
    said = Asked(request=record.id, revision=of.revision, requester=record.requester, terms=of.terms)
    try:
        if read(of.covered) != without_text(said):
            yield "its terms are not those that its digest covers"
    except CoveredError as error:
        yield f"the object that its digest covers cannot be read: {error}"


def _typed(record: Request) -> Iterator[str]:
    """Every text is the one that its digest covers, or was erased with all others."""
    if record.erased is not None and has_texts(record):
        yield "a text in it is still there, although all of them were erased"
    texts = [] if record.erased is not None else [each for _, each in every_text(record)]
    if any(text_digest(typed.salt, typed.text) != typed.digest for typed in (*texts, *signed(record))):
        yield "a text in it is not the one that its digest covers"
