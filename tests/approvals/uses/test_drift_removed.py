"""What `countersign drift --remove` takes out is told: in the audit before it goes, and by the command."""

import copy
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.access.bindings import member
from approvals.auditing.audits import Inspection
from approvals.ids import binding_subject
from approvals.ports.targets import Forbidden, GranterError, Unsure
from approvals.requests import Request
from approvals.uses.drifting import drift
from approvals.uses.taking_out import HELD
from handlers.wording.drift import looked_at
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, put
from tests.approvals.uses.test_drifting import edited, kinds, looked, means, put_back, taking_out
from tests.support.builders import RESOURCE
from tests.support.damage import spoil
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, GWEN, World


def audited(world: World) -> list[tuple[str, Any]]:
    """What the installation's chain has of drift, with who did it."""
    found = [each for each in world.store.entries("") if each.action.startswith("drift.")]
    assert {each.actor for each in found} <= {"os:op"}
    return [(each.action, each.detail) for each in found]


def test_what_is_taken_out_is_in_the_audit_before_it_goes_with_who_took_it(
    world: World, cloud: Google, wire: Wire
) -> None:
    request, made = put_back(world, cloud)
    looked(world, wire)
    assert audited(world) == []
    seen: list[int] = []
    wire.writes = [lambda: seen.append(len(audited(world)))]
    looked(world, wire, remove=True)

    removed = {
        "resource": RESOURCE,
        "role": "roles/run.admin",
        "member": f"user:{ALICE}",
        "condition": made["condition"]["expression"],
        "request": request.id,
    }
    assert (seen, audited(world)) == ([1], [("drift.removing", removed)])
    assert list(Inspection(world.store).faults()) == []


@pytest.mark.parametrize(("error", "sure"), [(Unsure("no answer came"), False), (Forbidden("no"), True)])
def test_what_google_did_not_take_is_in_the_audit_too(
    world: World, cloud: Google, wire: Wire, error: GranterError, sure: bool
) -> None:
    put_back(world, cloud)
    wire.writes = [error]
    looked(world, wire, remove=True)

    assert [action for action, _ in audited(world)] == ["drift.removing", "drift.refused"]
    assert audited(world)[-1][1] == {"resource": RESOURCE, "bindings": 1, "sure": sure}


def test_what_cannot_be_taken_out_hides_nothing_else_of_its_policy(
    world: World, cloud: Google, wire: Wire
) -> None:
    _, made = put_back(world, cloud)
    put(cloud, [made, {"role": "roles/run.admin", "members": ["user:eve@example.com"]}])
    wire.writes = [Forbidden("no permission", needed="x")]
    found = looked(world, wire, remove=True)

    assert kinds(found) == [
        ("over", "roles/run.admin", f"user:{ALICE}"),
        ("standing", "roles/run.admin", "user:eve@example.com"),
    ]
    assert looked_at(found) == "1 of 1 covered resource"
    assert [each.resource for each in found.kept] == [RESOURCE]


def test_where_the_second_look_fails_the_first_one_is_told(world: World, cloud: Google, wire: Wire) -> None:
    put_back(world, cloud)
    wire.reads = [None, Unsure("no answer came")]
    found = looked(world, wire, remove=True)

    assert ([each.kind for each in found.found], [each.resource for each in found.kept]) == (["over"], [RESOURCE])
    assert (found.removed, len(bindings(cloud))) == ((), 1)


def test_what_another_living_grant_calls_for_is_never_taken_whatever_its_description_names(
    world: World, cloud: Google, wire: Wire
) -> None:
    over, made = put_back(world, cloud)
    living = world.granted()
    put(cloud, [made])
    assert over.id in made["condition"]["description"]
    found = looked(world, wire, remove=True)

    assert (found.removed, bindings(cloud), world.state(living)) == ((), [made], "active")


WINDOW = 'request.time >= timestamp("2030-01-01T00:00:00Z") && request.time < timestamp("2030-01-01T01:00:00Z")'


@pytest.mark.parametrize(
    "condition",
    [
        {"title": "JIT access activation", "expression": "true"},
        {"title": "by hand", "expression": f"({WINDOW})"},
        {"title": "by hand", "expression": "true", "description": "x; countersign:other/r-0123456789"},
    ],
    ids=["our title", "a window as ours", "our description"],
)
def test_each_mark_of_ours_alone_makes_a_look_alike(
    world: World, cloud: Google, wire: Wire, condition: dict[str, str]
) -> None:
    put(cloud, [{"role": "roles/browser", "members": ["user:eve@example.com"], "condition": condition}])
    found = looked(world, wire, remove=True)

    assert kinds(found) == [("lookalike", "roles/browser", "user:eve@example.com")]
    assert (found.removed, len(bindings(cloud))) == ((), 1)


class Late(ThreadPoolExecutor):
    """Gives back what it was given when that is about to write."""

    def __init__(self) -> None:
        super().__init__(1)
        self.writing = threading.Event()

    def write_late(self) -> None:
        self.writing.set()
        threading.Event().wait(0.1)

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
        begun = super().submit(*arguments, **named)
        assert self.writing.wait(30)
        return begun


def test_a_removal_that_outlasts_the_wait_is_told(world: World, cloud: Google, wire: Wire) -> None:
    put_back(world, cloud)
    with Late() as executor:
        wire.writes = [executor.write_late]
        slow = msgspec.structs.replace(means(world, wire), executor=executor, wait=0.0)
        found = drift(world.policy, slow, now=world.clock(), taking_out=taking_out(world, wire))

    assert (len(found.removed), found.unread, bindings(cloud)) == (1, (), [])


def test_what_an_approval_keeps_at_the_last_moment_is_not_lost(world: World, cloud: Google, wire: Wire) -> None:
    put_back(world, cloud)
    kept: list[Request] = []

    def approved() -> None:
        """At this moment, and for the same time: it calls for the very binding that is about to go."""
        kept.append(world.file())
        world.press(BOB, kept[0])
        world.pass_()

    wire.writes = [approved]
    looked(world, wire, remove=True)
    world.passes(60)

    assert world.state(kept[0]) == "active"
    assert len(bindings(cloud)) == 1


def test_what_the_service_had_to_do_there_before_it_still_does(world: World, cloud: Google, wire: Wire) -> None:
    put_back(world, cloud)
    waiting = world.file(GWEN)
    world.press(BOB, waiting)
    assert len(looked(world, wire, remove=True).removed) == 1
    world.pass_()

    assert world.state(waiting) == "active"


def test_while_the_service_works_on_a_resource_nothing_is_taken_out_there(
    world: World, cloud: Google, wire: Wire
) -> None:
    put_back(world, cloud)
    now = world.clock()
    held = world.store.lease(binding_subject(RESOURCE), owner="service", now=now, until=now + HELD)
    assert held is not None
    found = looked(world, wire, remove=True)

    assert ([each.kind for each in found.found], found.removed) == (["over"], ())
    assert len(bindings(cloud)) == 1
    world.store.release(held, due=None)


def test_a_look_that_took_too_long_takes_nothing_out(world: World, cloud: Google, wire: Wire) -> None:
    put_back(world, cloud)
    wire.reads = [None, lambda: world.clock.advance(26)]
    assert looked(world, wire, remove=True).removed == ()
    assert len(bindings(cloud)) == 1


def test_a_clock_that_is_ahead_takes_out_nothing_that_lives(world: World, cloud: Google, wire: Wire) -> None:
    world.granted()
    before, ahead = bindings(cloud), world.clock() + timedelta(hours=2)
    out = msgspec.structs.replace(taking_out(world, wire), clock=lambda: ahead)
    found = drift(world.policy, means(world, wire), now=ahead, taking_out=out)

    assert (found.removed, bindings(cloud)) == ((), before)


def test_of_whom_a_record_cannot_be_read_nothing_is_taken_out(world: World, cloud: Google, wire: Wire) -> None:
    put_back(world, cloud)
    live = world.granted()
    spoil(world.store, live)
    before = bindings(cloud)

    assert looked(world, wire, remove=True).removed == ()
    assert bindings(cloud) == before
    spoil(world.store, live, msgspec.json.encode(live))


def test_where_a_record_cannot_be_read_nobody_says_what_was_not_used(
    world: World, cloud: Google, wire: Wire
) -> None:
    world.clock.advance(timedelta(days=91).total_seconds())
    asked = world.file()
    assert looked(world, wire).unused
    spoil(world.store, asked)

    assert not looked(world, wire).unused
    spoil(world.store, asked, msgspec.json.encode(asked))


def test_a_copy_that_stays_is_not_told_to_be_out(world: World, cloud: Google, wire: Wire) -> None:
    _, made = put_back(world, cloud)
    copied = copy.deepcopy(made)
    copied["condition"]["title"] = "temporary"
    copied["condition"]["description"] = "see the wiki"
    put(cloud, [made, copied])
    found = looked(world, wire, remove=True)

    assert ([each.title for each in found.found], len(found.removed)) == (["temporary"], 1)
    assert bindings(cloud) == [copied]


KIM, KIM_OF_ANOTHER_LETTER = "kim@example.com", "user:\N{KELVIN SIGN}im@example.com"


@pytest.mark.parametrize("over", [True, False])
def test_somebody_whose_address_only_looks_like_ours_is_somebody_else(
    world: World, cloud: Google, wire: Wire, *, over: bool
) -> None:
    world.people.join(KIM)
    request = world.granted(KIM, "logs")
    (made,) = bindings(cloud)
    if over:
        world.end(KIM, request)
        world.pass_()
        put(cloud, [made])
    edited(cloud, lambda binding: binding.update(members=[KIM_OF_ANOTHER_LETTER]))
    world.clock.advance(1)
    before = bindings(cloud)
    found = looked(world, wire, remove=True)

    assert [each.kind for each in found.found if each.member == KIM_OF_ANOTHER_LETTER] == ["changed"]
    assert [each.kind for each in found.found if each.member == member(KIM)] == ([] if over else ["missing"])
    assert (bindings(cloud), found.removed) == (before, ())
