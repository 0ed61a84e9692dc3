"""Who is in a group that the policy lets people into is told, and only what is provably ours and over is taken."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.auditing.audits import Inspection
from approvals.ids import binding_subject
from approvals.requests import Request
from approvals.uses.drifting import Drift, drift
from approvals.uses.taking_out import HELD
from sandbox.google import Fault
from tests.approvals.uses.test_drifting import means, taking_out
from tests.support.fridays import GROUP
from tests.support.joining import Joined
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN

ROBOT = "countersign@ops.iam.gserviceaccount.com"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Joined]:
    world = Joined(tmp_path)
    yield world
    world.close()


def looked(world: Joined, *, remove: bool = False) -> Drift:
    out = taking_out(world, world.wire) if remove else None
    return drift(world.policy, means(world, world.wire), now=world.clock(), taking_out=out)


def kinds(found: Drift) -> list[tuple[str, str, str]]:
    return [(each.kind, each.role, each.member) for each in found.found]


def left_over(world: Joined) -> Request:
    """A grant that its holder ended, and whose membership somebody put back to the second."""
    request = world.granted()
    world.end(ALICE, request)
    world.pass_()
    assert world.held() == {}
    world.google.groups.put(GROUP, ALICE, until=world.end_of(request).timestamp())
    return request


def in_an_hour(world: Joined) -> float:
    return (world.clock() + timedelta(hours=1)).timestamp()


def test_where_everybody_in_it_is_there_by_an_approval_nothing_is_said(world: Joined) -> None:
    world.granted()
    found = looked(world)

    assert (found.found, found.unread, found.groups) == ((), (), 1)


def test_who_is_in_it_without_asking_is_told_by_name(world: Joined) -> None:
    groups = world.google.groups
    groups.put(GROUP, BOB)
    groups.put(GROUP, CAROL, roles=("OWNER",))
    groups.put(GROUP, GWEN, until=in_an_hour(world))
    groups.put(GROUP, DAN, until=in_an_hour(world) + 86_400)
    groups.set("night@example.com", [])
    groups.put(GROUP, "night@example.com")
    groups.put(GROUP, ROBOT, roles=("MANAGER",))
    found = looked(world, remove=True)

    assert kinds(found) == [
        ("lookalike", "MEMBER", f"user:{GWEN}"),
        ("standing", "MEMBER", "group:night@example.com"),
        ("standing", "MEMBER", f"user:{BOB}"),
        ("standing", "MEMBER", f"user:{DAN}"),
        ("standing", "OWNER", f"user:{CAROL}"),
    ]
    assert all(each.gives and each.resource == f"groups/{GROUP}" for each in found.found)
    assert (found.removed, world.wire.sent) == ((), 0)


def for_good(world: Joined) -> None:
    world.google.groups.put(GROUP, ALICE)


def longer(world: Joined) -> None:
    world.google.groups.put(GROUP, ALICE, until=in_an_hour(world) + 60)


def as_more(world: Joined) -> None:
    world.google.groups.put(GROUP, ALICE, until=in_an_hour(world), roles=("MANAGER",))


def out(world: Joined) -> None:
    world.google.groups.take(GROUP, ALICE)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (for_good, ("changed", "MEMBER")),
        (longer, ("changed", "MEMBER")),
        (as_more, ("changed", "MANAGER")),
        (out, ("missing", "MEMBER")),
    ],
    ids=["its end taken away", "moved", "made a manager", "taken out early"],
)
def test_ours_that_somebody_changed_is_told_with_its_request_and_left(
    world: Joined, change: Callable[[Joined], None], told: tuple[str, str]
) -> None:
    request = world.granted()
    world.clock.advance(1)
    change(world)
    before = world.held()
    found = looked(world, remove=True)

    assert [(each.kind, each.role, each.request) for each in found.found] == [(*told, request.id)]
    assert (found.removed, world.held()) == ((), before)


def test_what_was_changed_stays_told_once_its_grant_is_revoked_and_until_its_time_is_over(world: Joined) -> None:
    request = world.granted()
    for_good(world)
    world.passes(120)
    assert world.state(request) == "revoked"
    assert [(each.kind, each.request) for each in looked(world).found] == [("changed", request.id)]

    world.clock.advance(3600)
    assert [(each.kind, each.request) for each in looked(world).found] == [("standing", "")]


def test_what_is_over_is_told_and_taken_out_with_an_audit_and_nothing_else(world: Joined) -> None:
    request = left_over(world)
    world.google.groups.put(GROUP, BOB)
    assert kinds(looked(world)) == [
        ("over", "MEMBER", f"user:{ALICE}"),
        ("standing", "MEMBER", f"user:{BOB}"),
    ]
    assert ALICE in world.held()

    found = looked(world, remove=True)
    assert [(each.member, each.request) for each in found.removed] == [(f"user:{ALICE}", request.id)]
    assert (kinds(found), world.held()) == ([("standing", "MEMBER", f"user:{BOB}")], {BOB: None})
    (told,) = [each for each in world.store.entries("") if each.action.startswith("drift.")]
    end = world.end_of(request).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (told.actor, told.action, told.detail) == (
        "os:op",
        "drift.removing",
        {
            "resource": f"groups/{GROUP}",
            "role": "MEMBER",
            "member": f"user:{ALICE}",
            "condition": f"expires {end}",
            "request": request.id,
        },
    )
    assert list(Inspection(world.store).faults()) == []


def a_second_later(world: Joined, request: Request) -> None:
    world.google.groups.put(GROUP, ALICE, until=world.end_of(request).timestamp() + 1)


def of_another(world: Joined, request: Request) -> None:
    world.google.groups.take(GROUP, ALICE)
    world.google.groups.put(GROUP, GWEN, until=world.end_of(request).timestamp())


def as_owner(world: Joined, request: Request) -> None:
    world.google.groups.put(GROUP, ALICE, until=world.end_of(request).timestamp(), roles=("OWNER",))


@pytest.mark.parametrize("change", [a_second_later, of_another, as_owner])
def test_what_is_not_to_the_second_and_person_ours_is_never_taken(
    world: Joined, change: Callable[[Joined, Request], None]
) -> None:
    change(world, left_over(world))
    before = world.held()

    assert looked(world, remove=True).removed == ()
    assert world.held() == before


def test_what_another_grant_calls_for_is_never_taken(world: Joined) -> None:
    left_over(world)
    world.google.groups.take(GROUP, ALICE)
    world.granted()

    assert looked(world, remove=True).removed == ()
    assert list(world.held()) == [ALICE]


def test_who_was_changed_between_the_look_and_the_removal_stays(world: Joined) -> None:
    left_over(world)
    groups, later = world.google.groups, world.clock() + timedelta(hours=3)
    end = {"name": "MEMBER", "expiryDetail": {"expireTime": later.isoformat()}}
    move = {"updateRolesParams": [{"fieldMask": "expiry_detail.expire_time", "membershipRole": end}]}
    world.wire.writes = [lambda: groups.update(groups.lookup(groups.name(GROUP), ALICE), move)]
    found = looked(world, remove=True)

    assert (found.removed, [each.resource for each in found.kept]) == ((), [f"groups/{GROUP}"])
    assert world.held() == {ALICE: later}
    told = [each.action for each in world.store.entries("") if each.action.startswith("drift.")]
    assert told == ["drift.removing", "drift.refused"]


def test_while_the_service_works_on_the_group_nobody_is_taken_out(world: Joined) -> None:
    left_over(world)
    now = world.clock()
    held = world.store.lease(binding_subject(f"groups/{GROUP}"), owner="service", now=now, until=now + HELD)
    assert held is not None

    assert looked(world, remove=True).removed == ()
    assert ALICE in world.held()
    world.store.release(held, due=None)


def test_an_approval_of_the_last_moment_lets_them_in_again(world: Joined) -> None:
    left_over(world)
    kept: list[Request] = []

    def approved() -> None:
        world.google.groups.take(GROUP, ALICE)
        kept.append(world.file())
        world.press(BOB, kept[0])
        world.pass_()

    world.wire.writes = [approved]
    looked(world, remove=True)
    world.passes(60)

    assert (world.state(kept[0]), list(world.held())) == ("active", [ALICE])


def test_a_group_that_cannot_be_read_hides_no_policy(world: Joined) -> None:
    world.google.faults.set(Fault(method="groups.lookup", status=403))
    found = looked(world)

    assert [each.resource for each in found.unread] == [f"groups/{GROUP}"]
    assert (found.covered, found.found) == (1, ())
