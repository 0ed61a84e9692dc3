"""Reads of IAM that lag behind: one that lacks a binding proves nothing yet."""

from typing import Any, cast

import pytest

from approvals.ledgers.ledger import decoded
from approvals.ports.store import Store
from approvals.ports.targets import Snapshot, Unsure
from approvals.reconcile.means import LAG, WRITE
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from sandbox.google import Google
from tests.approvals.reconcile.clouds import during, strip, windows
from tests.support.builders import RESOURCE
from tests.support.direct import Wire, direct_iam
from tests.support.doubles import Around
from tests.support.world import ALICE, BOB, World

BINDING = f"binding:{RESOURCE}"


class Replica(Wire):
    """A line to Google of which the next `lagging` reads are answered as things stood when it was made."""

    def __init__(self, cloud: Google) -> None:
        super().__init__(direct_iam(cloud))
        self._old = super().read(RESOURCE, timeout=5.0, reason="old")
        self.lagging = 0

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        if self.lagging:
            self.lagging -= 1
            for slow in self.reads[:1]:
                assert callable(slow)
                slow()
            del self.reads[:1]
            return self._old
        return super().read(resource, timeout=timeout, reason=reason)


@pytest.fixture
def wire(cloud: Google) -> Replica:
    return Replica(cloud)


def test_one_read_that_lacks_the_binding_revokes_nothing(world: World, cloud: Google, wire: Replica) -> None:
    request = world.granted()
    wire.lagging = 1
    world.passes(120)

    assert wire.lagging == 0
    assert world.state(request) == "active"
    assert windows(cloud) == [("roles/run.admin", during("10:00:00", "11:00:00"))]
    assert wire.sent == 1


def test_reads_close_together_count_as_one(world: World, wire: Replica) -> None:
    request = world.granted()
    wire.lagging = 4
    for _ in range(4):
        world.reconciler.subject(BINDING)
        world.clock.advance(LAG.total_seconds() / 4)
    assert (wire.lagging, world.state(request)) == (0, "active")
    world.passes(60)

    assert world.state(request) == "active"


def test_a_read_in_between_that_shows_the_binding_ends_the_doubt(world: World, wire: Replica) -> None:
    first = world.granted()
    world.clock.advance(30)
    second = world.file()
    world.press(BOB, second)
    wire.lagging = 1
    world.reconciler.subject(BINDING)
    world.clock.advance(LAG.total_seconds() + 1)
    wire.writes = [Unsure("503")] * 10
    world.reconciler.subject(BINDING)
    world.clock.advance(60)
    wire.lagging, wire.writes = 1, []
    world.reconciler.subject(BINDING)
    assert (wire.lagging, world.state(first)) == (0, "active")
    world.passes(60)

    assert (world.state(first), world.state(second)) == ("active", "active")


def test_a_doubt_is_waited_for_even_when_an_attempt_is_overdue(world: World, wire: Replica) -> None:
    first = world.granted()
    second = world.file(minutes=90)
    world.press(BOB, second)
    wire.writes = [Unsure("503")] * 6
    world.reconciler.subject(BINDING)
    world.clock.advance(60)
    wire.lagging = 1
    # Were it due again at once, the pass would not come to its end.
    world.pass_()
    assert (wire.lagging, world.state(first), world.state(second)) == (0, "active", "activating")
    world.passes(30)

    assert (world.state(first), world.state(second)) == ("active", "active")


def test_a_second_read_that_was_asked_too_early_revokes_nothing_however_slow_its_answer_is(
    world: World, wire: Replica
) -> None:
    """Six seconds after the first it is asked, and five seconds later its answer says how it was then."""
    request = world.granted()
    wire.lagging = 2
    world.reconciler.subject(BINDING)
    world.clock.advance(LAG.total_seconds() - 4)
    wire.reads = [lambda: world.clock.advance(5)]
    world.reconciler.subject(BINDING)
    assert (wire.lagging, world.state(request)) == (0, "active")
    world.passes(60)

    assert world.state(request) == "active"


def test_what_a_write_put_in_is_not_said_to_be_gone_because_a_read_does_not_show_it_yet(
    world: World, cloud: Google, wire: Replica
) -> None:
    """The write is accepted, its grant is ended at once, and the read back is of the moment before."""
    request = world.file()
    world.press(BOB, request)

    def meanwhile() -> None:
        world.end(ALICE, request)
        wire.lagging = 1

    wire.writes = [meanwhile]
    world.reconciler.subject(BINDING)
    (grant,) = world.read(request).grants
    assert (grant.state, grant.removed, len(windows(cloud))) == ("ended", False, 1)
    world.passes(20, step=5)

    (grant,) = world.read(request).grants
    assert (grant.removed, windows(cloud)) == (True, [])


def test_a_second_read_after_the_doubt_revokes(world: World, cloud: Google) -> None:
    request = world.granted()
    strip(cloud)
    world.reconciler.subject(BINDING)
    world.clock.advance(LAG.total_seconds() - 1)
    world.reconciler.subject(BINDING)
    assert world.state(request) == "active"
    world.clock.advance(1)
    world.reconciler.subject(BINDING)

    assert world.state(request) == "revoked"


# --- what is put in at the last moment of its call, and nobody keeps that it was


def put_in_late(world: World, wire: Replica) -> Request:
    """Access is approved, and its write arrives one second before it could not any more."""
    request = world.file()
    world.press(BOB, request)
    wire.writes = [lambda: world.clock.advance(WRITE.total_seconds() - 1)]
    return request


def require_nothing_noted_before_it_is_gone(world: World, cloud: Google, wire: Replica, request: Request) -> None:
    world.end(ALICE, request)
    world.clock.advance(2)
    wire.lagging = 1
    world.pass_()
    assert wire.lagging == 0
    assert [(len(windows(cloud)), grant.removed) for grant in world.read(request).grants] == [(1, False)]
    world.passes(60)

    assert [(windows(cloud), grant.removed) for grant in world.read(request).grants] == [([], True)]


def test_a_read_that_lags_notes_no_removal_where_it_could_not_be_kept_that_google_took_the_write(
    world: World, cloud: Google, wire: Replica
) -> None:
    """Nobody died, so the lease is given back at once, and who is woken looks again at once."""
    request, store, saves = put_in_late(world, wire), world.store, list[str]()

    def refusing(name: str) -> None:
        saves.extend([name] if name == "save" else [])
        if name == "save" and len(saves) > len(["the intent"]):
            raise Unavailable("the store does not answer")

    world.store = cast("Store", Around(store, before=refusing))
    world.restart()
    world.reconciler.subject(BINDING)
    world.store = store
    world.restart()
    assert (wire.sent, world.state(request)) == (1, "activating")
    assert not decoded(store.recorded(BINDING)).attempts[-1].accepted

    require_nothing_noted_before_it_is_gone(world, cloud, wire, request)


def test_a_read_that_lags_notes_no_removal_of_what_came_to_be_without_an_answer(
    world: World, cloud: Google, wire: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor could it be read back: all that is known of it is when it was sent."""
    request = put_in_late(world, wire)
    write = wire.write

    def unanswered(*args: Any, **how: Any) -> None:
        write(*args, **how)
        raise Unsure("the answer was lost")

    monkeypatch.setattr(wire, "write", unanswered)
    wire.reads = [None, Unsure("503")]
    world.reconciler.subject(BINDING)
    monkeypatch.undo()
    assert (wire.sent, wire.reads, world.state(request)) == (1, [], "activating")

    require_nothing_noted_before_it_is_gone(world, cloud, wire, request)
