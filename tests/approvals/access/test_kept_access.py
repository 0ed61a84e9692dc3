"""Ending one of two overlapping accesses: what stays, until when, and the way to end that, too."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.access.keeping import kept, kept_by_others
from approvals.grants import GrantState, Kept
from approvals.requests import Request
from handlers.wording.standing import standing
from handlers.wording.text.lines import plain
from sandbox.google import Google
from tests.support.builders import NOW, RESOURCE, filed, grant, terms
from tests.support.world import ALICE, BOB, World

LATER = NOW + timedelta(minutes=30)


def held(name: str, state: GrantState = "active", *, minutes: int = 0, **asked: Any) -> Request:
    """A request whose grant lasts an hour from so many minutes after NOW."""
    start = NOW + timedelta(minutes=minutes)
    changes = {"terms": terms(**asked), "grant": grant(state, start=start)}
    return filed(f"r-{name * 10}", state="approved", **changes).request


CLOSED = held("1", "ended")
STATES: tuple[GrantState, GrantState] = ("scheduled", "active")


@pytest.mark.parametrize(
    "other",
    [
        held("1"),
        held("2", "ended"),
        held("2", "failed"),
        held("2", minutes=-45),
        held("2", minutes=61),
        held("2", roles=("roles/run.viewer",)),
        held("2", condition="resource.name == 'x'"),
    ],
    ids=["itself", "ended", "failed", "over", "after a gap", "another role", "another condition"],
)
def test_what_does_not_share_the_binding_keeps_nothing(other: Request) -> None:
    assert kept(CLOSED, [other], now=LATER) == ()


def test_access_that_lives_on_is_kept_by_itself_alone() -> None:
    assert kept(held("1"), [held("2")], now=LATER) == ()


def test_what_begins_as_the_other_ends_keeps_it_before_it_is_made_as_after() -> None:
    """Nothing wakes the message of what is over: it has to say so from the first."""
    end = NOW + timedelta(minutes=60)
    due, made = (kept(CLOSED, [held("2", state, minutes=60)], now=end) for state in STATES)

    assert due == made
    assert [each.request for each in due] == ["r-" + "2" * 10]


def test_what_begins_later_keeps_nothing_while_it_waits_for_that() -> None:
    assert kept(CLOSED, [held("2", "scheduled", minutes=61)], now=LATER) == ()


class Read:
    """A store that counts how often it is asked, and holds one request twice."""

    def __init__(self) -> None:
        self.times = 0

    def holdings(self, *, resource: str, person: str) -> list[Request]:
        self.times += 1
        return [held("2"), held("2")]

    def beside(self, request: Request) -> list[Request]:
        raise AssertionError("access is looked for where it lies")


def test_the_store_is_read_once_and_names_nobody_twice() -> None:
    store = Read()

    assert kept_by_others(held("1"), store, now=LATER) == ()
    assert store.times == 1
    assert [each.request for each in kept_by_others(CLOSED, store, now=LATER)] == ["r-2222222222"]


def test_another_window_of_the_same_binding_keeps_it_until_its_own_end() -> None:
    (found,) = kept(CLOSED, [held("2", minutes=20)], now=LATER)
    assert (found.request, found.roles, found.until, found.whole) == (
        "r-2222222222",
        ("roles/run.admin",),
        NOW + timedelta(minutes=80),
        True,
    )


def test_where_only_some_roles_are_shared_the_others_are_removed_and_it_says_so() -> None:
    both = held("1", "ended", roles=("roles/run.admin", "roles/run.viewer"))
    (found,) = kept(both, [held("2")], now=LATER)
    assert not found.whole
    assert plain(standing(both, kept=(found,)).meaning) == (
        "Its time was over. It is being removed from Google Cloud. Request r-2222222222 gives roles/run.admin as "
        "well, so that stays until 2026-11-22 11:00 UTC. End that request, too, to take it away."
    )


def test_of_several_that_keep_it_the_way_out_is_said_once() -> None:
    both = held("1", "ended")
    told = plain(standing(both, kept=kept(both, [held("2"), held("3")], now=LATER)).meaning)

    assert "Request r-2222222222 gives" in told
    assert "Request r-3333333333 gives" in told
    assert told.count("End ") == 1
    assert told.endswith(" End those requests, too, to take it away.")


def shown(world: World, request: Request) -> tuple[Kept, ...]:
    """What the holder's own message says that others keep."""
    drawn = world.room.only(request.id, "status").drawn
    assert drawn is not None
    return drawn.kept


def test_the_card_of_the_ended_one_says_what_stays_and_offers_to_end_it(world: World, cloud: Google) -> None:
    first, second = world.granted(minutes=30), world.granted(minutes=60)
    world.end(ALICE, first)
    world.pass_()

    assert cloud.policies()[RESOURCE]["bindings"]
    (found,) = shown(world, first)
    assert (found.request, found.whole) == (second.id, True)
    told = plain(standing(world.read(first), kept=(found,)).meaning)
    assert "being removed" not in told
    assert f"Request {second.id} gives the same access as well, so that stays until 2026-11-22 11:00 UTC." in told


def test_the_card_says_no_more_that_it_stays_once_the_other_is_ended(world: World, cloud: Google) -> None:
    first, second = world.granted(minutes=30), world.granted(minutes=60)
    world.end(BOB, first)
    world.pass_()
    world.end(ALICE, second)
    world.passes(60)

    assert cloud.policies()[RESOURCE].get("bindings", []) == []
    assert shown(world, first) == ()


def test_the_card_says_no_more_that_it_stays_once_the_time_of_the_other_is_over(world: World) -> None:
    """By what is due then, and not with the next look for what others ended."""
    first, second = world.granted(minutes=30), world.granted(minutes=60)
    world.end(ALICE, first)
    world.pass_()
    end = world.read(second).grant
    assert end is not None
    world.passes((end.window.end - world.clock()).total_seconds() - 10)
    assert shown(world, first)
    world.clock.advance(10)
    world.pass_()

    assert shown(world, first) == ()
