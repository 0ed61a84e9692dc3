"""What is kept of an emergency: its chain tells all of it, and the report says what was found."""

from datetime import timedelta

import msgspec
import pytest

from approvals.auditing import replay
from approvals.report import Wanted, report
from tests.approvals.uses.test_break_glass import break_, find, glass
from tests.support.world import BOB, World


@pytest.fixture
def world(world: World) -> World:
    """A world in which glass can be broken."""
    world.policy = glass()
    return world


@pytest.mark.parametrize(
    ("justified", "found"), [(None, "not reviewed"), (True, "justified"), (False, "not justified")]
)
def test_the_report_says_that_it_was_one_and_what_was_found(
    world: World, justified: bool | None, found: str
) -> None:
    request = break_(world)
    world.pass_()
    if justified is not None:
        find(world, BOB, request, justified=justified)
    (row,) = report([world.read(request)], Wanted(), reasons=False, now=world.clock())

    assert row.approved_by == ()
    assert row.break_glass == (found if justified is None else f"{found}, by {BOB}")


def test_chain_and_record_agree_and_a_changed_finding_is_seen(world: World) -> None:
    request = find(world, BOB, break_(world))
    entries = world.store.entries(request.id)
    assert list(replay.faults(request, entries)) == []

    after = request.after_review
    assert after is not None
    assert after.finding is not None
    other = msgspec.structs.replace(after.finding, justified=False)
    forged = msgspec.structs.replace(request, after_review=msgspec.structs.replace(after, finding=other))
    later = msgspec.structs.replace(after, due=after.due + timedelta(days=9))
    put_off = msgspec.structs.replace(request, after_review=later)
    gone = msgspec.structs.replace(request, after_review=None)

    assert all(list(replay.faults(each, entries)) for each in (forged, put_off, gone))
