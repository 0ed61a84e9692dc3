"""Access that begins later: who can ask for it, when it is made, and what keeps it from being made."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from approvals.freezes import freezing
from approvals.refusals.errors import Refused
from handlers.wording.standing import standing
from handlers.wording.text.lines import plain
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, during, in_force, windows
from tests.support.world import ALICE, BOB, GWEN, World, policy, refused

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SUNDAYS = (
    ("version: 1", "version: 1\ntimezone: Europe/Berlin"),
    ("title: Payments administration", "title: Payments administration\n    when: request.weekday == 7"),
)


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (timedelta(minutes=-6), "start.past"),
        (timedelta(days=-400), "start.past"),
        (timedelta(days=30, seconds=1), "start.far"),
        (timedelta(days=4000), "start.far"),
    ],
)
def test_a_start_that_is_over_or_too_far_ahead_is_refused(world: World, start: timedelta, code: str) -> None:
    with refused(code):
        world.file_from(start)

    assert not world.store.pending(limit=1)


def test_what_extends_access_has_no_start_of_its_own(world: World) -> None:
    first = world.granted()

    with refused("start.extends"):
        world.file_from(HOUR, extends=first.id)


def test_an_emergency_does_not_wait_for_a_time(world: World) -> None:
    world.policy = policy(
        ('    approval:\n      - {approvers: ["group:approvers@example.com"], needed: 1}\n', EMERGENCY)
    )

    with refused("start.emergency"):
        world.file_from(HOUR, break_glass=True)


EMERGENCY = """\
    approval: break_glass
    break_glass: {max: 1h, review: {by: ["group:approvers@example.com"], within: 24h}}
"""


def test_nothing_that_has_not_begun_is_extended(world: World) -> None:
    request = world.scheduled(HOUR)

    with refused("extends.early"):
        world.extend(ALICE, request)


def test_all_that_is_wrong_is_said_at_once(world: World) -> None:
    with pytest.raises(Refused) as refusal:
        world.file_from(timedelta(days=31), minutes=600)

    assert [each.code for each in refusal.value.all] == ["start.far", "duration.long"]


def test_a_start_that_has_just_passed_is_meant_as_now(world: World) -> None:
    request = world.file_from(timedelta(minutes=-4))

    assert request.terms.start is None


def test_when_is_asked_of_the_start(world: World) -> None:
    world.policy = policy(*SUNDAYS)  # the tests' day is a Sunday

    with refused("when"):
        world.file_from(DAY)
    assert world.file_from(7 * DAY).state == "pending"


def test_its_binding_is_made_at_its_start_and_not_before(world: World, cloud: Google) -> None:
    request = world.scheduled(HOUR, minutes=30)
    for _ in range(59):
        world.passes(60)
        assert bindings(cloud) == []
    assert world.state(request) == "scheduled"
    world.passes(60)

    assert windows(cloud) == [("roles/run.admin", during("11:00:00", "11:30:00"))]
    assert world.state(request) == "active"
    world.passes(31 * 60)
    assert (world.state(request), bindings(cloud)) == ("ended", [])
    assert world.actions(request)[-4:] == ["grant.begun", "grant.active", "grant.ended", "grant.removed"]


def test_what_is_approved_after_its_start_begins_with_its_approval(world: World, cloud: Google) -> None:
    request = world.file_from(HOUR / 4)
    world.passes(1800, step=900)
    world.press(BOB, request)
    world.pass_()

    assert windows(cloud) == [("roles/run.admin", during("10:30:00", "11:30:00"))]


def test_it_expires_undecided_before_its_start(world: World) -> None:
    request = world.file_from(10 * DAY)
    world.passes((request.terms.expires - world.clock()).total_seconds() + 1, step=3600)

    assert world.read(request).state == "expired"
    assert request.terms.expires < request.terms.start  # type: ignore[operator]


def test_the_program_may_die_between_approval_and_start(world: World, cloud: Google) -> None:
    request = world.scheduled(2 * HOUR)
    world.restart()
    world.clock.advance(3 * 3600 - 600)
    world.restart()
    world.pass_()

    assert world.state(request) == "active"
    assert windows(cloud) == [("roles/run.admin", during("12:00:00", "13:00:00"))]


def test_what_could_not_begin_in_its_whole_window_has_failed(world: World, cloud: Google) -> None:
    request = world.scheduled(HOUR, minutes=30)
    world.clock.advance(2 * 3600)
    world.pass_()

    assert (world.state(request), bindings(cloud)) == ("failed", [])


@pytest.mark.parametrize(("who", "state"), [(ALICE, "ended"), (BOB, "revoked")])
def test_it_can_be_cancelled_before_its_start(world: World, cloud: Google, who: str, state: str) -> None:
    request = world.scheduled(HOUR)
    world.end(who, request)
    world.passes(2 * 3600, step=600)

    assert (world.state(request), bindings(cloud)) == (state, [])
    said = plain(standing(world.read(request)).meaning)
    assert (
        said
        == {
            "ended": "Its holder cancelled it.",
            "revoked": "bob@example.com cancelled it before it began.",
        }[state]
    )


def test_nobody_else_cancels_it(world: World) -> None:
    request = world.scheduled(HOUR)

    with refused("not_approver"):
        world.end(GWEN, request)
    assert world.state(request) == "scheduled"


Between = Callable[[World], None]


def not_offered(world: World) -> None:
    world.policy = policy(("id: admin", "id: renamed"))


def not_to_them(world: World) -> None:
    world.policy = policy(("requesters: [alice@example.com, bob", "requesters: [bob"))


def of_more_people(world: World) -> None:
    world.policy = policy(("needed: 1", "needed: 2"))


def not_then(world: World) -> None:
    world.policy = policy(("title: Payments administration", "title: Payments administration\n    when: 1 == 2"))


def not_so_long(world: World) -> None:
    world.policy = policy(("max: 4h", "max: 59m"), ("default: 1h", "default: 30m"))


def gone(world: World) -> None:
    world.people.accounts.pop(world.identity(ALICE).proof.account)


@pytest.mark.parametrize("between", [not_offered, not_to_them, of_more_people, not_then, not_so_long, gone])
def test_the_policy_of_its_start_can_refuse_it(world: World, cloud: Google, between: Between) -> None:
    request = world.scheduled(HOUR)
    between(world)
    world.passes(2 * 3600, step=600)

    found = world.read(request)
    assert (found.state, world.state(request), bindings(cloud)) == ("approved", "revoked", [])
    assert plain(standing(found).meaning).startswith("When it was to begin, the policy did not give it: ")


def test_a_policy_that_changes_and_changes_back_does_no_harm(world: World) -> None:
    request = world.scheduled(HOUR)
    world.policy = policy(("id: admin", "id: renamed"))
    world.passes(1800, step=600)
    world.policy = policy()
    world.passes(1800, step=600)

    assert world.state(request) == "active"


def test_a_start_waits_while_nobody_answers_whether_it_is_offered_still(world: World) -> None:
    world.policy = policy(("[alice@example.com, bob", '["group:payers@example.com", bob'))
    world.people.groups["payers@example.com"] = {ALICE}
    request = world.scheduled(HOUR)
    world.clock.advance(3600)
    world.restart()
    groups, world.people.groups = world.people.groups, {}
    world.people.down = True
    world.pass_()
    assert world.state(request) == "scheduled"
    world.people.groups, world.people.down = groups, False
    world.passes(60)

    assert world.state(request) == "active"


def test_a_freeze_holds_the_start_up(world: World, cloud: Google) -> None:
    request = world.scheduled(HOUR)
    freezing.freeze(world.store, by="os:root", why=None, now=world.clock())
    world.passes(4500, step=900)
    assert (world.state(request), bindings(cloud)) == ("scheduled", [])
    freezing.thaw(world.store, by="os:root", why=None, now=world.clock())
    world.passes(60)

    assert world.state(request) == "active"
    assert windows(cloud) == [("roles/run.admin", during("11:00:00", "12:00:00"))]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (30, [during("10:00:00", "11:30:00")]),  # it begins while the other stands
        (60, [during("11:00:00", "12:00:00")]),  # it begins as the other ends
        (90, [during("11:30:00", "12:30:00")]),  # there is a gap
    ],
)
def test_its_window_joins_what_there_is_already(
    world: World, cloud: Google, start: int, expected: list[str]
) -> None:
    world.granted()
    later = world.scheduled(timedelta(minutes=start))
    world.passes(start * 60 + 15)

    assert [window for _, window in windows(cloud)] == expected
    assert world.state(later) == "active"
    assert in_force(cloud, world.clock())


def test_all_of_a_bundle_begins_together(world: World, cloud: Google) -> None:
    request = world.scheduled(HOUR, entitlement="pair")
    world.passes(3600, step=600)

    assert len(windows(cloud)) == 2
    assert world.state(request) == "active"
