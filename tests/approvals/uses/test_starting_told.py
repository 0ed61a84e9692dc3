"""What people are told of access that begins later: at its approval, when it is there, on cards and in reports."""

from datetime import timedelta

from approvals.freezes import freezing
from approvals.report import Wanted, report
from approvals.requests import Request
from approvals.times import rfc3339
from handlers.wording.listing import own
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.support.world import ALICE, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def steps(world: World, request: Request) -> list[str]:
    """The messages of single steps that its requester got, in order."""
    return [each.notice.step for each in world.room.of(request.id) if each.notice.kind == "step"]


def test_people_are_told_of_the_start_at_once_and_when_it_is_there(world: World) -> None:
    request = world.scheduled(HOUR)
    told = steps(world, request)
    assert told == ["scheduled"]
    world.passes(3600, step=600)
    assert steps(world, request) == ["scheduled", "active"]
    world.passes(2700, step=600)
    assert steps(world, request)[-1] == "ends"
    assert world.state(request) == "active"


def test_cards_and_lists_say_when_it_is_to_begin(world: World) -> None:
    request = world.file_from(HOUR / 2)
    shown = view(world.card(request))

    assert plain(shown.facts[3].value) == "1 hour from 2026-11-22 10:30 UTC"
    assert plain(shown.effect) == (
        "Approve grants it from 2026-11-22 10:30 UTC, or later if it is approved after that, for 1 hour."
    )
    assert plain(own(request)).startswith(
        "Payments administration on project payments-prod for 1 hour from 2026-11-22 10:30 UTC. Waiting"
    )
    approved = world.scheduled(2 * HOUR)
    assert plain(own(approved)).endswith(
        "Approved, begins later. Access begins 2026-11-22 12:00 UTC and ends 2026-11-22 13:00 UTC."
    )


def test_a_freeze_long_before_the_start_holds_nothing_up_and_is_not_left_on_the_card(world: World) -> None:
    request = world.scheduled(HOUR)
    freezing.freeze(world.store, by="os:root", why=None, now=world.clock())
    world.store.wake(f"request:{request.id}", due=world.clock())
    world.pass_()
    freezing.thaw(world.store, by="os:root", why=None, now=world.clock())
    world.pass_()

    before = world.room.calls
    world.reconciler.subject(f"request:{request.id}")
    assert world.room.calls == before


def test_a_report_holds_what_is_to_begin_and_not_what_never_began(world: World) -> None:
    kept, cancelled = world.scheduled(HOUR), world.scheduled(2 * HOUR)
    world.end(ALICE, cancelled)
    world.pass_()
    every = [world.read(kept), world.read(cancelled)]

    rows = list(report(every, Wanted(), reasons=False, now=world.clock()))
    assert [(row.request, row.state, rfc3339(row.since)) for row in rows] == [
        (kept.id, "scheduled", "2026-11-22T11:00:00Z")
    ]
    assert not list(report([world.read(kept)], Wanted(), reasons=False, now=world.clock() + DAY))
