"""While everything is frozen no write gives anybody more; what takes away is written as ever."""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.freezes import freezing
from approvals.requests import Request
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings, during, in_force, windows
from tests.support.direct import Wire
from tests.support.doubles import Message
from tests.support.world import ALICE, BOB, CAROL, GWEN, World

RUN = "roles/run.admin"


def freeze(world: World) -> None:
    assert freezing.freeze(world.store, by="os:root", why=None, now=world.clock())


def thaw(world: World) -> None:
    assert freezing.thaw(world.store, by="os:root", why=None, now=world.clock())


def approved(world: World, person: str = ALICE) -> Request:
    """A request whose binding is not made yet."""
    request = world.file(person)
    world.press(BOB if person != BOB else CAROL, request)
    assert world.state(request) == "activating"
    return request


def overlapping(world: World) -> tuple[Request, Request]:
    """Two grants, the second half an hour later: together from 10:00 to 11:30."""
    first = world.granted()
    world.clock.advance(1800)
    return first, world.granted()


def test_what_was_approved_just_before_is_not_given_until_all_is_thawed(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = approved(world)
    freeze(world)
    world.passes(120)
    assert (wire.sent, bindings(cloud), world.state(request)) == (0, [], "activating")

    thaw(world)
    world.passes(15)

    assert windows(cloud) == [(RUN, during("10:00:00", "11:00:00"))]
    assert world.state(request) == "active"


def test_what_is_not_thawed_before_its_window_is_over_is_never_given(world: World, wire: Wire) -> None:
    request = approved(world)
    freeze(world)
    world.passes(3700)
    thaw(world)
    world.passes(60)

    assert (wire.sent, world.state(request)) == (0, "failed")


@pytest.mark.parametrize("ended", ["first", "second"])
def test_the_end_of_one_of_two_shortens_the_binding_in_a_freeze_and_cuts_nobody(
    world: World, cloud: Google, ended: str
) -> None:
    first, second = overlapping(world)
    freeze(world)

    world.end(ALICE, first if ended == "first" else second)
    world.pass_()

    left = during("10:30:00", "11:30:00") if ended == "first" else during("10:00:00", "11:00:00")
    assert windows(cloud) == [(RUN, left)]
    assert in_force(cloud, world.clock())
    assert world.state(second if ended == "first" else first) == "active"
    gone = world.read(first if ended == "first" else second).grant
    assert gone is not None
    assert gone.removed


def test_a_longer_binding_waits_and_the_shorter_one_stays(world: World, cloud: Google, wire: Wire) -> None:
    first = world.granted()
    world.clock.advance(1800)
    second = approved(world)
    freeze(world)
    sent = wire.sent
    world.passes(120)
    assert windows(cloud) == [(RUN, during("10:00:00", "11:00:00"))]
    assert (wire.sent, world.state(first), world.state(second)) == (sent, "active", "activating")

    thaw(world)
    world.passes(15)

    assert windows(cloud) == [(RUN, during("10:00:00", "11:30:00"))]
    assert (world.state(first), world.state(second)) == ("active", "active")


def test_what_ends_leaves_nothing_to_one_that_only_waits(world: World, cloud: Google) -> None:
    first = world.granted()
    world.clock.advance(1800)
    second = approved(world)
    freeze(world)
    world.end(ALICE, first)
    world.pass_()
    assert bindings(cloud) == []
    assert (world.state(first), world.state(second)) == ("ended", "activating")

    thaw(world)
    world.passes(30)

    assert windows(cloud) == [(RUN, during("10:30:00", "11:30:00"))]
    assert world.state(second) == "active"


def test_one_persons_end_is_written_though_another_waits_for_access(world: World, cloud: Google) -> None:
    ended = world.granted(GWEN)
    waiting = approved(world)
    freeze(world)
    world.end(GWEN, ended)
    world.passes(30)

    assert bindings(cloud) == []
    assert (world.state(ended), world.state(waiting)) == ("ended", "activating")


# --- a write that is under way


def test_a_write_under_way_is_the_last(world: World, cloud: Google, wire: Wire) -> None:
    under_way = approved(world)
    wire.writes = [lambda: freeze(world)]
    world.pass_()
    assert world.state(under_way) == "active"
    later = approved_by_late_commit(world, cloud)

    world.passes(60)

    assert wire.sent == 1
    assert world.state(later) == "activating"


def approved_by_late_commit(world: World, cloud: Google) -> Request:
    """An approval of before the freeze whose work comes up only now."""
    thaw(world)
    request = approved(world, GWEN)
    freeze(world)
    assert len(bindings(cloud)) == 1
    return request


def test_a_freeze_while_the_policy_is_read_stops_the_write(world: World, wire: Wire) -> None:
    request = approved(world)
    wire.reads = [lambda: freeze(world)]
    world.passes(60)

    assert (wire.sent, world.state(request)) == (0, "activating")


def test_a_freeze_between_the_intent_and_the_write_stops_the_write(
    world: World, cloud: Google, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = approved(world)
    save: Callable[..., Any] = world.store.save

    def frozen_after(*arguments: Any) -> Any:
        monkeypatch.setattr(world.store, "save", save)
        saved = save(*arguments)
        freeze(world)
        return saved

    (work,) = [subject for subject in world.reconciler.due() if subject.startswith("binding:")]
    monkeypatch.setattr(world.store, "save", frozen_after)
    # The first that is saved of this work is what it is about to write.
    world.reconciler.subject(work)
    assert freezing.read(world.store).frozen
    world.passes(60)
    assert (wire.sent, bindings(cloud), world.state(request)) == (0, [], "activating")

    thaw(world)
    world.passes(15)
    assert world.state(request) == "active"


def test_a_late_write_of_before_the_freeze_is_recorded_as_what_it_is(
    world: World, cloud: Google, wire: Wire
) -> None:
    request = approved(world)
    wire.writes = ["late"]
    wire.reads = [None, lambda: freeze(world)]
    world.pass_()
    wire.land()
    world.passes(60)

    assert windows(cloud) == [(RUN, during("10:00:00", "11:00:00"))]
    assert (wire.sent, world.state(request)) == (1, "active")


def test_what_somebody_took_out_in_a_freeze_is_revoked_and_not_missed_twice(world: World, cloud: Google) -> None:
    request = world.granted()
    freeze(world)
    cloud.edit("projects/payments-prod", lambda policy: policy.update(bindings=[]))
    world.passes(120)

    assert world.state(request) == "revoked"
    thaw(world)
    world.passes(120)
    assert bindings(cloud) == []


def test_who_waits_for_access_is_told_that_it_is_frozen_and_when_it_goes_on(world: World) -> None:
    request = approved(world)
    freeze(world)
    world.passes(30)
    assert {frozen(message) for message in redrawn(world, request)} == {True}

    thaw(world)
    world.passes(30)
    assert {frozen(message) for message in redrawn(world, request)} == {False}


def redrawn(world: World, request: Request) -> list[Message]:
    return [message for message in world.room.of(request.id) if message.notice.kind in ("card", "status")]


def frozen(message: Message) -> bool:
    """A message says of itself that a freeze holds it up."""
    assert message.drawn is not None
    return message.drawn.frozen is not None
