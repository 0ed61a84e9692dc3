"""Approvals of what continues access against whatever takes that access away, on either store.

Tried without what an approval has seen of the access that it continues (`Change.seen`): then it is kept after
that access was taken away, and gives it back.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from approvals import transitions
from approvals.ports.store import Store
from approvals.refusals.errors import Refused
from approvals.requests import Request, lives
from approvals.uses import revoking
from approvals.uses.votes import Press
from tests.chaos.late import world
from tests.chaos.meetings import at_once
from tests.support.lateness import Late
from tests.support.world import ALICE, BOB, CAROL, World, refused

__all__ = ["world"]

Take = Callable[[World, Store, Request], Any]


def revoked(world: World, other: Store, first: Request) -> None:
    other.commit(transitions.end(other.request(first.id), by=CAROL, why=None, now=world.clock()))


def ended(world: World, other: Store, first: Request) -> None:
    other.commit(transitions.end(other.request(first.id), by=first.requester, now=world.clock()))


def gone_outside(world: World, other: Store, first: Request) -> None:
    other.commit(transitions.removed_outside(other.request(first.id), now=world.clock()))


def revoked_with_the_person(world: World, other: Store, _: Request) -> None:
    revoking.revoke(other, world.policy.identity, ALICE, by="os:root", why=None, now=world.clock())


def revoked_with_the_entitlement(world: World, other: Store, first: Request) -> None:
    revoking.revoke_entitlement(other, first.terms.entitlement, by="os:root", why=None, now=world.clock())


TAKEN: dict[str, Take] = {
    "revoked": revoked,
    "ended": ended,
    "removed outside": gone_outside,
    "revoked with all of the person": revoked_with_the_person,
    "revoked with all of the entitlement": revoked_with_the_entitlement,
}


def waiting(world: World, entitlement: str) -> tuple[Request, Request]:
    """Access, and what asks to continue it and lacks one approval."""
    first = world.granted(ALICE, entitlement)
    later = world.extend(ALICE, first)
    if entitlement == "pair":
        world.press(BOB, later)
    return first, world.read(later)


@pytest.mark.parametrize("how", ["press", "late evidence"])
@pytest.mark.parametrize("what", TAKEN)
def test_what_was_taken_away_just_before_its_extension_commits_is_not_given_back(
    world: World, late: Late, other: Store, what: str, how: str
) -> None:
    first, later = waiting(world, "admin" if how == "press" else "pair")
    if how == "late evidence":
        world.press_unchecked(CAROL, later)
    late.before_the_next("commit", lambda: TAKEN[what](world, other, first))

    if how == "press":
        # Whoever pressed is told, or their vote is kept and gives nothing.
        with suppress(Refused):
            world.press(BOB, later)
    world.passes(30)

    assert not lives(other.request(first.id))
    assert other.request(later.id).grant is None
    world.passes(90)
    assert other.request(later.id).state in ("expired", "withdrawn")


def test_what_is_approved_by_itself_continues_nothing_that_was_taken_away_meanwhile(
    world: World, late: Late, other: Store
) -> None:
    first = world.granted(ALICE, "logs")
    late.before_the_next("create", lambda: revoked(world, other, first))

    with refused("closed"):
        world.extend(ALICE, first)

    assert [each.id for each in other.open_of(ALICE) if lives(each)] == []


def test_of_a_row_the_last_that_lives_is_what_an_approval_holds_on_to(
    world: World, late: Late, other: Store
) -> None:
    first = world.granted()
    second = world.extended(first)
    third = world.extend(ALICE, first, key="third")
    late.before_the_next("commit", lambda: revoked(world, other, second))

    world.press(BOB, third)

    assert (world.state(first), world.state(second), world.state(third)) == ("active", "revoked", "")
    assert third.terms.extends == second.id


def test_access_that_was_extended_first_is_seen_by_whoever_takes_it_away(
    world: World, late: Late, other: Store
) -> None:
    first, later = waiting(world, "admin")
    late.before_the_next("commit", lambda: _approved(world, other, later))

    ended = world.end(CAROL, first)

    kept = world.uses.looking.kept(ended, now=world.clock())
    assert [each.request for each in kept] == [later.id]


def _approved(world: World, other: Store, later: Request) -> None:
    press = Press(token=world.tokens.mint(later, act="review", now=world.clock()), verdict="approve")
    world.core(store=other).uses.deciding.review(world.identity(BOB), press, now=world.clock())


def test_whoever_takes_it_away_at_the_same_moment_sees_whether_it_is_continued(world: World, other: Store) -> None:
    """Whoever has revoked sees at once all that will ever come of what waited."""
    for number in range(4):
        first = world.granted()
        later = world.extend(ALICE, first, key=str(number))
        seen = _at_once(world, other, first, later)

        assert seen == [lives(other.request(later.id))]
        world.passes(60)
        for each in (first, later):
            if lives(world.read(each)):
                world.end(CAROL, each)
        world.passes(60)


def _at_once(world: World, other: Store, first: Request, later: Request) -> list[bool]:
    seen: list[bool] = []

    def take() -> None:
        world.end(CAROL, first)
        seen.append(lives(other.request(later.id)))

    at_once(lambda: world.press(BOB, later), take)
    return seen
