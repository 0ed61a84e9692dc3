"""What people read of access that was extended: the end that matters, wherever they look, and the limit."""

from datetime import timedelta

import msgspec
import pytest

from approvals.access.keeping import extended
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.uses.history import Wanted
from handlers.wording.listing import own, past
from handlers.wording.refusing.refusals import told
from handlers.wording.steps import step
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.chaos.bundles import offering
from tests.support.world import ALICE, BOB, World, policy, refused

GLASS = (
    '    approval:\n      - {approvers: ["group:approvers@example.com"], needed: 1}\n',
    (
        "    approval: break_glass\n"
        '    break_glass: {max: 1h, review: {by: ["group:approvers@example.com"], within: 24h}}\n'
    ),
)
LONGER = (("max: 4h", "max: 1h"), ("title: Payments admin", "extend: {max_total: 2h}\n    title: Payments admin"))


def message(world: World, request: Request, key: str) -> str:
    """What a message about a request says of how it stands."""
    drawn = world.room.only(request.id, key).drawn
    assert drawn is not None
    return plain(view(drawn).meaning)


def test_an_emergency_is_not_extended_and_that_is_said(world: World) -> None:
    world.policy = policy(GLASS)
    ask = msgspec.structs.replace(world.ask(), break_glass=True)
    request = world.uses.asking.file(world.identity(ALICE), ask, key="one", now=world.clock())
    world.pass_()

    with refused("extends.emergency"):
        world.extend(ALICE, request)
    with refused("extends.emergency"):
        world.uses.asking.extension(world.identity(ALICE), request.id, now=world.clock())


def test_while_nobody_can_record_the_end_of_both_it_is_not_looked_at_without_a_pause(world: World) -> None:
    world.policy = policy(*LONGER)
    older = world.granted()
    later = world.extend(ALICE, older, minutes=30)
    world.press(BOB, later)
    world.pass_()
    assert world.state(later) == "active"

    world.clock.advance(2 * 3600)
    due = world.reconciler.subject(f"request:{older.id}")
    assert world.state(older) == "active"
    assert due is not None
    assert due > world.clock()


@pytest.mark.parametrize("minutes", [61, 240, 540])
def test_more_than_there_is_room_for_is_answered_by_what_there_is(world: World, minutes: int) -> None:
    world.policy = policy(*LONGER)
    request = world.granted()

    with pytest.raises(Refused) as refusal:
        world.extend(ALICE, request, minutes=minutes)

    assert told(refusal.value) == (
        "Too long: Payments administration lasts for at most 2 hours in all, however often it is extended."
        " It can be extended by at most 1 hour now."
    )


def test_all_else_that_is_wrong_with_an_extension_is_said_as_well(world: World) -> None:
    request = world.granted()

    with pytest.raises(Refused) as refusal:
        world.uses.asking.extend(
            world.identity(ALICE),
            request.id,
            duration=timedelta(hours=9),
            justification="",
            key="both",
            now=world.clock(),
        )

    assert [each.code for each in refusal.value.all] == ["extends.long", "justification.missing"]


@pytest.mark.parametrize("key", ["card", "status"])
def test_the_messages_of_what_was_extended_say_its_new_end(world: World, key: str) -> None:
    first = world.granted()
    second = world.extended(first)
    third = world.extended(second, minutes=30)
    world.passes(60)

    for each in (first, second):
        assert message(world, each, key) == (f"Access ends 2026-11-22 12:30 UTC: it was extended by {third.id}.")
    assert message(world, third, key) == "Access ends 2026-11-22 12:30 UTC."


def test_an_extension_that_was_ended_lets_the_older_end_stand_again(world: World) -> None:
    first = world.granted()
    second = world.extended(first)
    world.passes(60)
    world.end(BOB, second)
    world.passes(60)

    assert message(world, first, "status") == "Access ends 2026-11-22 11:00 UTC."


def test_lists_looks_and_the_history_say_the_new_end(world: World) -> None:
    first = world.granted()
    second = world.extended(first)
    first, now = world.read(first), world.clock()
    mine = world.uses.looking.mine(world.identity(ALICE), now=now)
    page = world.uses.history.look(world.identity(BOB), Wanted(), most=50, now=now)

    for said in (
        own(first, kept=extended(first, mine)),
        past(first, kept=page.kept[first.id]),
        view(world.uses.looking.shown(first.id, now=now)).meaning,
    ):
        assert f"ends 2026-11-22 12:00 UTC: it was extended by {second.id}." in plain(said)


def test_the_history_says_what_another_request_keeps_of_access_that_was_ended(world: World) -> None:
    first = world.granted()
    second = world.extended(first)
    world.end(ALICE, first)
    page = world.uses.history.look(world.identity(ALICE), Wanted(), most=50, now=world.clock())

    said = plain(past(world.read(first), kept=page.kept[first.id]))
    assert f"Request {second.id} gives the same access as well" in said


def test_nobody_is_told_of_an_end_that_was_put_off(world: World) -> None:
    first = world.granted()
    second = world.extended(first)
    world.passes(3590, step=300)
    assert world.room.of(first.id, "step:ends") == []
    world.passes(3000, step=300)

    assert len(world.room.of(second.id, "step:ends")) == 1


def test_whoever_was_told_already_is_told_that_it_goes_on(world: World) -> None:
    first = world.granted()
    world.passes(3000, step=300)
    (told_before,) = world.room.of(first.id, "step:ends")
    assert told_before.drawn is not None
    assert told_before.drawn.kept == ()
    second = world.extended(first)
    world.passes(60)

    (after,) = world.room.of(first.id, "step:ends")
    assert after.drawn is not None
    assert [each.request for each in after.drawn.kept] == [second.id]


def test_who_has_access_already_is_told_that_it_lasts_longer_and_until_when(world: World) -> None:
    first = world.granted()
    second = world.extended(first, minutes=45)
    world.passes(60)

    assert len(world.room.of(second.id, "step:active")) == 1
    assert plain(step("active", world.card(second)).sentence) == (
        f"Your access lasts longer: Payments administration on project payments-prod ({second.id}) until"
        " 2026-11-22 11:45 UTC. End it early when you are done."
    )


def test_an_extension_says_until_when_and_what_it_extends(world: World) -> None:
    first = world.granted()
    second = world.extended(first, minutes=45)

    assert plain(view(world.card(second)).facts[3].value) == (
        f"45 minutes more: until 2026-11-22 11:45 UTC (extends {first.id})"
    )


def test_who_has_only_a_part_of_a_bundle_does_not_have_it_already(world: World) -> None:
    bundle = offering()
    world.policy = bundle
    request = world.file(ALICE, "incident")
    world.offer(BOB, request, keep=(0,))
    world.accept(ALICE, request)
    world.press(BOB, world.read(request))
    world.pass_()
    whole = world.file(ALICE, "incident")

    assert world.uses.looking.already(world.identity(ALICE), "incident", now=world.clock()).active is None
    world.pass_()
    drawn = world.room.only(whole.id, "card").drawn
    assert drawn is not None
    assert drawn.before is None
