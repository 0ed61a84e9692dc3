"""Erasing what was typed: never before its time, nothing of it is left, and the chain holds the record."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from approvals import transitions
from approvals.auditing import replay
from approvals.chaining import chained
from approvals.requests import Request
from approvals.reviews import is_nothing
from approvals.texts import has_texts
from tests.support.lived import ALONE, GLASS
from tests.support.refunds import Till
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy

MONTH = timedelta(days=30)
WHY = "Because of the fire in the server room"


def denied(world: World) -> Request:
    request = world.file()
    world.press(CAROL, request, "deny", comment=WHY)
    return world.read(request)


def ended(world: World) -> Request:
    request = world.granted()
    world.end(BOB, request, why=WHY)
    world.pass_()
    return world.read(request)


def used(world: World) -> Request:
    till = Till(world)
    return till.consume(till.approved())


def lapsed(world: World) -> Request:
    approved = Till(world).approved()
    return world.end(CAROL, approved, why=WHY)


def reviewed(world: World) -> Request:
    request = broken(world)
    world.uses.reviewing.find(world.identity(BOB), request.id, justified=False, why=WHY, now=world.clock())
    return world.read(request)


def broken(world: World) -> Request:
    """Access in an emergency, which is over by now, and not reviewed."""
    world.policy = policy((ALONE, GLASS))
    ask = msgspec.structs.replace(world.ask("logs"), break_glass=True)
    request = world.uses.asking.file(world.identity(ALICE), ask, key="glass", now=world.clock())
    world.pass_()
    world.end(ALICE, request)
    world.pass_()
    return world.read(request)


def offered(world: World) -> Request:
    request = world.file(GWEN, "pair")
    world.offer(BOB, request, minutes=30, why=WHY)
    world.accept(GWEN, request)
    world.press(CAROL, world.read(request), comment=WHY)
    world.press(CAROL, world.read(request), "take_back")
    world.offer(BOB, request, minutes=20, why=WHY)
    world.uses.ending.withdraw(world.identity(GWEN), request.id, now=world.clock())
    return world.read(request)


OVER = [denied, ended, used, lapsed, reviewed, offered]


def unfinished(world: World, name: str) -> Request:
    """What is not over, however long ago it was."""
    if name == "unreviewed":
        return broken(world)
    if name == "usable":
        return Till(world).approved()
    request = world.file() if name == "pending" else world.granted()
    return world.end(ALICE, request) if name == "not removed" else world.read(request)


def erased(request: Request, *, now: datetime | None = None, retention: timedelta = MONTH) -> Request:
    return transitions.erase(request, retention=retention, now=now or request.updated + retention).request


@pytest.mark.parametrize("name", ["pending", "active", "not removed", "usable", "unreviewed"])
def test_nothing_is_erased_of_what_is_not_over_however_long_ago_it_was(world: World, name: str) -> None:
    request = unfinished(world, name)

    assert transitions.due(request, MONTH) is None
    with pytest.raises(ValueError, match="not time"):
        erased(request, now=world.clock() + timedelta(days=4000))


@pytest.mark.parametrize("over", OVER)
def test_nothing_is_erased_a_second_before_its_time(world: World, over: Any) -> None:
    request = over(world)

    with pytest.raises(ValueError, match="not time"):
        erased(request, now=request.updated + MONTH - timedelta(seconds=1))


@pytest.mark.parametrize("over", OVER)
def test_nothing_that_was_typed_is_left_and_the_chain_goes_on_holding_the_record(world: World, over: Any) -> None:
    request = over(world)
    assert has_texts(request)
    change = transitions.erase(request, retention=MONTH, now=request.updated + MONTH)
    world.store.commit(change)

    left = msgspec.json.encode(world.read(request)).decode()
    told = msgspec.json.encode(world.store.entries(request.id)).decode()
    for text in (WHY, "INC-42", "A-17", "250.00", "phone", '"' + "s" * 16, '"' + "c" * 16):
        assert text not in left
        assert text not in told
    assert not has_texts(change.request)
    assert world.store.held(request.id).faults == ()


@pytest.mark.parametrize("over", OVER)
def test_who_and_what_and_every_digest_stay(world: World, over: Any) -> None:
    request = over(world)
    left = erased(request)

    same = ("id", "requester", "account", "digest", "state", "filed", "owners", "generation", "used", "revision")
    assert {name: getattr(left, name) for name in same} == {name: getattr(request, name) for name in same}
    assert left.terms.justification.digest == request.terms.justification.digest
    assert [(each.person, each.verdict) for each in left.reviews] == [
        (each.person, each.verdict) for each in request.reviews
    ]
    assert left.erased == request.updated + MONTH


def test_that_nobody_typed_a_reason_is_known_for_ever_and_a_salt_alone_proves_no_such_thing(world: World) -> None:
    silent, said = erased(used(world)).terms.justification, erased(denied(world)).terms.justification

    assert (is_nothing(silent), is_nothing(said)) == (True, False)
    request = denied(world)
    left = erased(request)
    kept = msgspec.structs.replace(left.terms.justification, salt=request.terms.justification.salt)
    assert has_texts(msgspec.structs.replace(left, terms=msgspec.structs.replace(left.terms, justification=kept)))


def test_the_name_of_a_signature_stays(world: World) -> None:
    world.policy = policy(("needed: 1}", "needed: 1, sign: typed}"))
    request = world.file()
    world.press(BOB, request, printed_name="Bob Builder", meaning="I approve", comment=WHY)
    world.pass_()
    world.end(ALICE, world.read(request))
    world.pass_()

    left = erased(world.read(request))

    (review,) = left.reviews
    assert review.attestation is not None
    assert (review.attestation.printed_name.text, review.comment and review.comment.text) == ("Bob Builder", "")


@pytest.mark.parametrize("over", [denied, used])
def test_nothing_happens_to_what_was_erased(world: World, over: Any) -> None:
    left = erased(over(world))

    assert transitions.due(left, MONTH) is None
    with pytest.raises(ValueError, match="last of all"):
        chained(left, now=left.updated, actor=BOB, action="review.approve", detail={})
    with pytest.raises(ValueError, match="not time"):
        erased(left, now=left.updated + MONTH)


# --- what a chain may tell


def forged(world: World, request: Request, **detail: Any) -> list[str]:
    """What is found where an entry like that of an erasing, with something else in it, ends the chain."""
    change = transitions.erase(request, retention=MONTH, now=request.updated + MONTH)
    (entry,) = change.entries
    entries = [*world.store.entries(request.id), msgspec.structs.replace(entry, detail={**entry.detail, **detail})]
    return list(replay.faults(change.request, entries))


@pytest.mark.parametrize(
    ("detail", "fault"),
    [
        ({"retention": 31 * 86400}, "entry 4 erases texts before their time"),
        ({"retention": 86400}, "entry 4 erases texts before their time"),
        ({"last": "2026-11-01T10:00:00Z"}, "entry 4 erases texts before their time"),
        ({"retention": "long"}, "entry 4 does not say what 'request.erased' has to say"),
        ({"last": "then"}, "entry 4 does not say what 'request.erased' has to say"),
        ({"texts": ["reason"]}, "its record has another erased.texts than its chain tells"),
        ({"covered": "sha256:" + "0" * 64}, "its record has another erased.covered than its chain tells"),
    ],
)
def test_an_entry_that_says_otherwise_is_named(world: World, detail: dict[str, Any], fault: str) -> None:
    request = denied(world)

    assert forged(world, request) == []
    assert fault in forged(world, request, **detail)


def test_texts_that_are_gone_without_an_entry_or_that_stayed_in_spite_of_one_are_named(world: World) -> None:
    request = denied(world)
    entries = list(world.store.entries(request.id))
    change = transitions.erase(request, retention=MONTH, now=request.updated + MONTH)
    left = change.request

    gone = msgspec.structs.replace(left, **{n: getattr(request, n) for n in ("seq", "head", "version", "updated")})
    assert "its record has another erased than its chain tells" in list(replay.faults(gone, entries))
    quiet = msgspec.structs.replace(gone, erased=None)
    assert "a text in it is not the one that its digest covers" in list(replay.faults(quiet, entries))
    stayed = msgspec.structs.replace(left, terms=request.terms)
    assert "a text in it is still there, although all of them were erased" in list(
        replay.faults(stayed, [*entries, *change.entries])
    )


def test_what_is_left_of_an_action_is_held_against_its_chain(world: World) -> None:
    request = used(world)
    entries = list(world.store.entries(request.id))
    change = transitions.erase(request, retention=MONTH, now=request.updated + MONTH)
    whole = [*entries, *change.entries]
    terms = change.request.terms
    assert list(replay.faults(change.request, whole)) == []

    longer = msgspec.structs.replace(terms, duration=terms.duration * 2)
    found = list(replay.faults(msgspec.structs.replace(change.request, terms=longer), whole))

    assert "its terms are not those that its digest covers" in found


def test_nothing_may_follow_in_a_chain(world: World) -> None:
    request = denied(world)
    change = transitions.erase(request, retention=MONTH, now=request.updated + MONTH)
    (entry,) = change.entries
    again = msgspec.structs.replace(entry, seq=entry.seq + 1, prev=entry.hash)

    found = list(replay.faults(change.request, [*world.store.entries(request.id), entry, again]))

    assert found == ["entry 5 says 'request.erased' of what was over and is erased"]


def test_what_is_not_over_has_no_such_entry(world: World) -> None:
    active, unreviewed = world.granted(), broken(world)
    for request, fault in ((active, "what is not over"), (unreviewed, "an emergency that nobody reviewed")):
        entries = world.store.entries(request.id)
        last = entries[-1]
        detail = {"retention": MONTH.total_seconds(), "last": last.at, "texts": ["reason"], "covered": ""}
        entry = msgspec.structs.replace(
            last, seq=last.seq + 1, at="2099-01-01T00:00:00Z", action="request.erased", detail=detail
        )
        (found,) = replay.faults(request, [*entries, entry])
        assert found.endswith(f"erases the texts of {fault}")
