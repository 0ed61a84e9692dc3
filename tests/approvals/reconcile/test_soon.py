"""What is over soon is said once: to who asked for a decision, and to who has access."""

import pytest

from approvals.ports.messages import ToAccount
from approvals.refusals.errors import Unavailable
from sandbox.google import Fault, Google
from tests.approvals.reconcile.letters import steps
from tests.support.doubles import ref
from tests.support.fridays import KINDS
from tests.support.world import ALICE, BOB, World, policy

PENDING = ('channel: "#access"', 'channel: "#access"\n  pending: {}')


def pending(time: str) -> tuple[str, str]:
    return PENDING[0], PENDING[1].format(time)


def test_nobody_hears_that_what_was_decided_expires(world: World, cloud: Google) -> None:
    request = world.file()
    world.press(BOB, request, "deny", comment="not now")
    world.passes(3700)

    assert steps(world, request) == ["denied"]


def test_nobody_hears_that_what_was_approved_expires(world: World, cloud: Google) -> None:
    request = world.granted(minutes=240)
    world.passes(3000)
    world.end(ALICE, request)
    world.passes(600)

    assert steps(world, request) == ["active"]


def test_nobody_hears_of_the_end_of_what_was_never_made(world: World, cloud: Google) -> None:
    cloud.faults.set(Fault(method="setIamPolicy", status=503, times=1000))
    request = world.file()
    world.press(BOB, request)
    world.passes(3500, step=300)

    assert "ends" not in steps(world, request)


def test_after_the_end_nobody_hears_that_it_is_near(world: World, cloud: Google) -> None:
    request = world.granted(minutes=60)
    world.pass_()
    world.clock.advance(3700)
    world.passes(60)

    assert steps(world, request) == ["active", "ended"]


def test_what_is_short_says_nothing_in_between(world: World, cloud: Google) -> None:
    world.policy = policy(pending("9m"))
    request = world.file()
    world.passes(600)
    assert steps(world, request) == ["expired"]

    short = world.granted(minutes=9)
    world.passes(600)
    assert steps(world, short) == ["active", "ended"]


@pytest.mark.parametrize(("time", "before"), [("1h", 900), ("20m", 300), ("8h", 3600)])
def test_who_asked_hears_that_it_expires_soon(world: World, time: str, before: int) -> None:
    world.policy = policy(pending(time))
    request = world.file()
    left = int((request.terms.expires - world.clock()).total_seconds())
    world.passes(left - before - 5, step=300)
    assert steps(world, request) == []

    world.passes(10, step=5)
    message = world.room.only(request.id, "step:expires")
    assert message.notice.to == ToAccount(ref(ALICE))
    world.passes(before, step=60)
    assert steps(world, request) == ["expires", "expired"]


@pytest.mark.parametrize("kind", KINDS)
def test_who_has_it_hears_that_it_ends_soon_and_can_end_it(world: World, cloud: Google, kind: str) -> None:
    world.policy = policy(*KINDS[kind])
    request = world.granted(minutes=60)
    world.passes(45 * 60 - 30)
    assert "ends" not in steps(world, request)

    world.passes(60)
    message = world.room.only(request.id, "step:ends")
    assert message.notice.to == ToAccount(ref(ALICE))
    drawn = message.drawn
    assert drawn is not None, "buttons come with the first redraw"

    world.end(ALICE, request)
    world.pass_()
    assert message.drawn is not drawn, "it does not go on to say that access ends"
    assert steps(world, request).count("ends") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_who_ended_it_before_hears_nothing_of_its_end(world: World, cloud: Google, kind: str) -> None:
    world.policy = policy(*KINDS[kind])
    request = world.granted(minutes=60)
    world.end(ALICE, request)
    world.passes(3700)

    assert steps(world, request) == ["active"]


def test_a_lost_answer_tells_nobody_twice(world: World, cloud: Google) -> None:
    request = world.file()
    world.passes(44 * 60)
    world.room.lose = 1
    world.passes(15 * 60)
    assert steps(world, request).count("expires") == 1

    other = world.granted(BOB)
    world.passes(44 * 60)
    world.room.lose = 1
    world.passes(20 * 60)
    assert steps(world, other).count("ends") == 1


def test_who_was_not_reached_hears_it_later(world: World) -> None:
    request = world.file()
    world.passes(44 * 60)
    world.room.faults = [Unavailable("no answer", retry_after=30.0)]
    world.passes(10 * 60)

    assert steps(world, request) == ["expires"]
