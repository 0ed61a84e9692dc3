"""A removal is on time, whatever is being given to others; and what cannot be done now is left for later."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.ports.targets import Forbidden, GranterError, Impossible, PolicyChanged, Unsure
from approvals.reconcile.runner import LEASE
from sandbox.google import Google
from tests.approvals.reconcile.clouds import strip
from tests.approvals.reconcile.crowds import BINDING, CROWD, Strict, asked, cap, crowded, states, wire
from tests.support.builders import RESOURCE
from tests.support.world import ALICE, BOB, CAROL, World

__all__ = ["crowded", "wire"]


def test_a_removal_is_on_time_while_google_refuses_somebody_elses(crowded: World, wire: Strict) -> None:
    """Google answers within a second, and tries find out for a long while whose role it does not take."""
    crowded.granted(ALICE, "logs", minutes=5)
    end = crowded.read(crowded.store.on(RESOURCE).requests[0]).grant
    assert end is not None
    crowded.clock.advance(290)
    wire.seconds = 1.0
    wire.refuses = cap("roles/run.viewer")
    for person in CROWD[:6]:
        bad = crowded.file(person, "pair")
        crowded.press(BOB, bad)
        crowded.press(CAROL, bad)
    asked(crowded)
    while not any("user:alice@example.com" in removed for _, _, removed in wire.log):
        crowded.pass_()
        crowded.clock.advance(1)
    when = next(at for at, _, removed in wire.log if "user:alice@example.com" in removed)

    assert timedelta() <= when - end.window.end <= timedelta(seconds=15)


def test_nothing_is_added_that_leaves_too_little_of_the_lease_for_a_removal(crowded: World, wire: Strict) -> None:
    """Six seconds of the lease are gone, and somebody's time is over before its end: what adds waits."""
    crowded.granted(ALICE, "logs", minutes=1)
    crowded.clock.advance(45)
    more = asked(crowded, CROWD[:1])
    wire.tried.clear()
    wire.reads = [lambda: crowded.clock.advance(6)]
    due = crowded.reconciler.subject(BINDING)
    assert (wire.tried, states(crowded, more)) == ([], {"activating"})
    assert due is not None
    assert due <= crowded.clock()
    crowded.pass_()

    assert states(crowded, more) == {"active"}


def test_access_that_is_ended_is_shortened_while_reads_take_nearly_all_the_time_that_there_is(
    crowded: World, cloud: Google, wire: Strict
) -> None:
    """Of two windows that overlap the longer one is ended. A shorter binding adds nothing to anybody's access."""
    crowded.granted(ALICE, "logs", minutes=30)
    crowded.clock.advance(60)
    ended = crowded.granted(ALICE, "logs", minutes=60)
    wire.reads = [lambda: crowded.clock.advance(4.95)] * 4
    crowded.end(ALICE, ended)
    more = asked(crowded, CROWD[:1])
    wire.tried.clear()
    crowded.reconciler.subject(BINDING)

    assert (wire.tried[0], states(crowded, more)) == ((1, 1), {"active"})
    later = crowded.clock() + timedelta(minutes=31)
    assert not cloud.in_force(RESOURCE, "roles/logging.viewer", f"user:{ALICE}", later)


def test_a_longer_window_is_no_removal_that_it_has_to_wait_for(crowded: World, wire: Strict) -> None:
    crowded.granted(ALICE, "logs", minutes=30)
    crowded.clock.advance(60)
    longer = crowded.file(ALICE, "logs", minutes=60)
    wire.reads = [lambda: crowded.clock.advance(4.95)] * 4
    crowded.reconciler.subject(BINDING)

    assert crowded.state(longer) == "active"


def test_what_takes_away_goes_alone_where_the_lease_is_too_short_for_both(crowded: World, wire: Strict) -> None:
    crowded.granted(ALICE, "logs", minutes=1)
    crowded.clock.advance(60)
    more = asked(crowded, CROWD[:1])
    wire.tried.clear()
    wire.reads = [lambda: crowded.clock.advance(6)]
    crowded.reconciler.subject(BINDING)

    assert wire.tried[0] == (0, 1)
    crowded.pass_()
    assert states(crowded, more) == {"active"}


def test_a_removal_that_comes_due_while_many_records_are_written_does_not_wait_for_them(
    crowded: World, wire: Strict
) -> None:
    """Each record takes a second, as in a store that is far away."""
    crowded.granted(ALICE, "logs", minutes=1)
    crowded.clock.advance(50)
    asked(crowded)
    commit = crowded.store.commit

    def slow(change: Any) -> None:
        crowded.clock.advance(1)
        commit(change)

    crowded.store.commit = slow  # type: ignore[method-assign]
    begun = crowded.clock()
    for _ in range(4):
        crowded.reconciler.subject(BINDING)
    when = next(at for at, _, removed in wire.log if "user:alice@example.com" in removed)

    assert when - begun <= timedelta(seconds=10 + 15)


@pytest.mark.parametrize(
    "error", [Unsure("503"), PolicyChanged("409"), Forbidden("no setIamPolicy")], ids=["503", "409", "403"]
)
def test_a_removal_that_fails_again_and_again_keeps_nobody_from_being_told_what_they_have(
    crowded: World, wire: Strict, error: GranterError
) -> None:
    """Somebody's access is ended while that of others is written, and from then on Google takes nothing."""
    ended = crowded.granted(ALICE, "logs")
    made = asked(crowded, CROWD[:3])
    wire.writes = [lambda: crowded.end(ALICE, ended), *[error] * 50]
    crowded.reconciler.subject(BINDING)

    (grant,) = crowded.read(ended).grants
    assert (grant.state, grant.removed, states(crowded, made)) == ("ended", False, {"active"})


def test_what_is_over_goes_at_once_although_a_shorter_window_for_it_was_refused_just_before(
    crowded: World, wire: Strict
) -> None:
    """As for whoever has left: Google writes nothing for them any more, and takes away what they have."""
    crowded.granted(ALICE, "logs", minutes=30)
    crowded.clock.advance(60)
    longer = crowded.granted(ALICE, "logs", minutes=60)
    wire.refuses = lambda add, remove: Impossible("Principal alice@example.com does not exist") if add else None
    crowded.end(ALICE, longer)
    crowded.passes(29 * 60 - 10, step=30)
    over = crowded.clock() + timedelta(seconds=10)
    crowded.passes(25, step=5)

    when = next(at for at, _, removed in wire.log if "user:alice@example.com" in removed and at >= over)
    assert when - over <= timedelta(seconds=15)


def test_what_is_undone_again_and_again_is_left_and_looked_at_later(
    crowded: World, cloud: Google, wire: Strict
) -> None:
    asked(crowded)
    wire.reads = [None, *[lambda: strip(cloud)] * 50]
    crowded.reconciler.subject(BINDING)

    assert len(wire.tried) <= 6


def test_a_conflict_again_and_again_is_left_and_tried_again(crowded: World, wire: Strict) -> None:
    requests = asked(crowded)
    wire.writes = [PolicyChanged("changed")] * 6
    begun = crowded.clock()
    crowded.reconciler.subject(BINDING)
    assert (states(crowded, requests), crowded.clock() - begun < LEASE) == ({"activating"}, True)
    crowded.passes(30)

    assert states(crowded, requests) == {"active"}
