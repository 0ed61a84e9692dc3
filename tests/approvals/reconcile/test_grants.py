"""From an approval to a binding that was read back."""

from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.ports.store import Store
from approvals.ports.targets import Forbidden, Impossible, PolicyChanged, Unsure
from handlers.wording.refusing.refusals import worded
from sandbox.google import Fault, Google
from tests.approvals.reconcile.clouds import FOREIGN, bindings, during, in_force, put, strip, windows
from tests.support.builders import NOW, RESOURCE
from tests.support.direct import Wire
from tests.support.doubles import Around, Clock
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy


def test_nothing_is_written_for_a_request_that_waits(world: World, wire: Wire) -> None:
    world.file()
    world.passes(120)

    assert wire.sent == 0


def test_the_grant_is_active_only_after_the_binding_was_read_back(world: World, wire: Wire) -> None:
    request = world.file()
    seen: list[str] = []
    wire.reads = [None, lambda: seen.append(world.state(request))]
    world.press(BOB, request)
    assert world.state(request) == "activating"
    world.pass_()

    assert seen == ["activating"]
    assert world.state(request) == "active"


def test_the_binding_is_as_approved(world: World, cloud: Google) -> None:
    request = world.granted()

    assert bindings(cloud) == [
        {
            "role": "roles/run.admin",
            "members": ["user:alice@example.com"],
            "condition": {
                "title": "JIT access activation",
                "description": f"Approved by bob@example.com; countersign:{world.instance}/{request.id}",
                "expression": during("10:00:00", "11:00:00"),
            },
        }
    ]


def test_every_role_gets_its_binding_in_one_write(world: World, cloud: Google, wire: Wire) -> None:
    world.granted(GWEN, "pair")

    assert windows(cloud) == [
        ("roles/storage.objectViewer", during("10:00:00", "11:00:00")),
        ("roles/run.viewer", during("10:00:00", "11:00:00")),
    ]
    assert wire.sent == 1


def test_a_read_back_that_does_not_show_the_binding_turns_nothing_green(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = world.file()
    world.press(BOB, request)
    wire.reads = [None, *[lambda: strip(cloud)] * 20]
    world.reconciler.subject(f"binding:{RESOURCE}")

    assert world.state(request) == "activating"


def test_a_change_by_others_in_between_means_the_whole_read_modify_write_again(
    world: World, cloud: Google, wire: Wire
) -> None:
    wire.writes = [lambda: put(cloud, FOREIGN[:1]), lambda: put(cloud, FOREIGN[1:])]
    request = world.granted()

    assert wire.sent == 3
    assert [each for each in bindings(cloud) if each in FOREIGN] == FOREIGN
    assert world.state(request) == "active"
    assert len(bindings(cloud)) == len(FOREIGN) + 1


def test_a_precondition_that_failed_means_the_whole_read_modify_write_again(
    world: World, cloud: Google, wire: Wire
) -> None:
    cloud.faults.set(Fault(method="setIamPolicy", status=412))
    wire.writes = [lambda: put(cloud, FOREIGN)]
    request = world.granted()

    assert wire.sent == 2
    assert world.state(request) == "active"
    assert bindings(cloud)[: len(FOREIGN)] == FOREIGN


@pytest.mark.parametrize("shown", [{"etag": ""}, {}], ids=["empty", "missing"])
def test_a_policy_without_an_etag_is_never_written_back(
    world: World, cloud: Google, wire: Wire, monkeypatch: pytest.MonkeyPatch, shown: dict[str, str]
) -> None:
    request = world.file()
    world.press(BOB, request)
    monkeypatch.setattr(cloud, "read", lambda *_, **__: {"version": 1, **shown})
    world.passes(60)

    assert (wire.sent, world.state(request)) == (0, "activating")


def test_a_policy_that_always_changes_is_left_and_tried_again_later(world: World, wire: Wire) -> None:
    request = world.file()
    world.press(BOB, request)
    wire.writes = [PolicyChanged("changed")] * 6
    world.reconciler.subject(f"binding:{RESOURCE}")
    assert world.state(request) == "activating"
    world.passes(30)

    assert world.state(request) == "active"


def test_a_write_that_says_it_failed_but_took_effect_is_not_repeated(
    world: World, cloud: Google, wire: Wire
) -> None:
    wire.writes = ["lost"]
    world.granted()

    assert wire.sent == 1
    assert len(bindings(cloud)) == 1


def test_a_write_that_failed_is_sent_again_after_a_read(world: World, cloud: Google, wire: Wire) -> None:
    wire.writes = [Unsure("503")]
    world.granted()

    assert len(bindings(cloud)) == 1


def test_a_missing_permission_is_told_and_heals(world: World, cloud: Google, wire: Wire) -> None:
    request = world.file()
    world.press(BOB, request)
    wire.writes = [Forbidden("the service's account needs resourcemanager.projects.setIamPolicy")] * 2
    world.pass_()
    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, worded(grant.trouble)) == (
        "activating",
        "the service's account needs resourcemanager.projects.setIamPolicy",
    )
    world.passes(60)

    healed = world.read(request).grant
    assert healed is not None
    assert (healed.state, healed.trouble) == ("active", "")
    assert healed.window == grant.window
    assert len(bindings(cloud)) == 1


def test_what_google_refuses_for_good_fails_the_grant_with_its_sentence(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = world.file()
    world.press(BOB, request)
    refused = Impossible("Role roles/run.admin is not supported for this resource")
    wire.writes = [refused, None, refused]
    world.pass_()

    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, worded(grant.cause)) == (
        "failed",
        "Role roles/run.admin is not supported for this resource",
    )
    assert bindings(cloud) == []
    world.passes(3600)
    assert world.state(request) == "failed"
    assert [message.notice.step for message in world.room.of(request.id, "step:failed")] == ["failed"]


def test_a_role_that_google_does_not_know_fails_its_grant_and_no_other(world: World, cloud: Google) -> None:
    world.policy = policy(("roles: [roles/storage.objectViewer, roles/run.viewer]", "roles: [roles/run.nobody]"))
    bad = world.file(ALICE, "pair")
    good = world.file(ALICE, "admin")
    world.press(BOB, good)
    world.press(BOB, bad)
    world.press(CAROL, bad)
    world.pass_()

    grant = world.read(bad).grant
    assert grant is not None
    assert grant.state == "failed"
    assert "Role roles/run.nobody is not supported for this resource" in worded(grant.cause)
    world.passes(120)
    assert world.state(good) == "active"
    assert len(bindings(cloud)) == 1


def test_nothing_is_written_after_the_end_of_the_window(world: World, cloud: Google, wire: Wire) -> None:
    request = world.file(minutes=10)
    world.press(BOB, request)
    wire.reads = [Unsure("no answer")] * 100
    world.passes(599, step=30)
    wire.reads = [lambda: world.clock.advance(2)]
    world.passes(330)

    grant = world.read(request).grant
    assert grant is not None
    assert grant.state == "failed"
    assert "before the grant could be made" in worded(grant.cause)
    assert (wire.sent, bindings(cloud)) == (0, [])


def test_a_grant_whose_window_ends_during_a_slow_read_is_closed(world: World, wire: Wire) -> None:
    request = world.file(minutes=1)
    world.press(BOB, request)
    world.clock.advance(58)
    wire.reads = [lambda: world.clock.advance(4)]
    world.passes(30)

    assert world.state(request) == "failed"
    assert wire.sent == 0


def test_a_write_whose_window_ended_while_it_was_prepared_is_not_sent(
    tmp_path: Path, world: World, wire: Wire
) -> None:
    clock = Clock()
    disk = open_sqlite(tmp_path / "slow.db", now=NOW)
    slow = Around(disk, before=lambda name: clock.advance(3 if name == "save" else 0))
    sluggish = World(tmp_path, granter=wire, store=cast("Store", slow), clock=clock)
    request = sluggish.file(minutes=1)
    sluggish.press(BOB, request)
    clock.advance(58)
    sluggish.reconciler.subject(f"binding:{RESOURCE}")

    assert wire.sent == 0
    assert sluggish.state(request) == "failed"
    disk.close()


def test_retries_do_not_move_the_window(world: World, cloud: Google, wire: Wire) -> None:
    request = world.file(minutes=30)
    world.press(BOB, request)
    wire.writes = [Unsure("503")] * 8
    world.passes(600)

    assert world.state(request) == "active"
    assert windows(cloud) == [("roles/run.admin", during("10:00:00", "10:30:00"))]


def test_nobody_elses_binding_is_touched_from_beginning_to_end(world: World, cloud: Google) -> None:
    put(cloud, FOREIGN)
    request = world.granted(minutes=10)
    assert len(bindings(cloud)) == len(FOREIGN) + 1
    world.passes(660)

    assert world.state(request) == "ended"
    assert bindings(cloud) == FOREIGN


def test_two_approvers_are_both_named(world: World, cloud: Google) -> None:
    request = world.file(GWEN, "pair")
    world.press(CAROL, request)
    world.clock.advance(5)
    world.press(BOB, request)
    world.pass_()

    (told,) = {each["condition"]["description"] for each in bindings(cloud)}
    assert told.startswith("Approved by carol@example.com, bob@example.com; countersign:")


def test_the_window_starts_with_the_approval_not_with_the_asking(world: World, cloud: Google) -> None:
    request = world.file(minutes=10)
    world.clock.advance(900)
    world.press(BOB, request)
    world.pass_()

    assert windows(cloud) == [("roles/run.admin", during("10:15:00", "10:25:00"))]
    assert not in_force(cloud, NOW + timedelta(seconds=899))
    assert not in_force(cloud, NOW + timedelta(seconds=1500))
