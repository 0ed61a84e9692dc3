"""What cannot be done now is done later: nothing is due again at the same moment, and nobody starves."""

from datetime import timedelta

from approvals.ids import binding_subject, request_subject
from approvals.ledgers.ledger import Ledger, decoded
from approvals.refusals.errors import Unavailable
from tests.support.builders import RESOURCE
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, World, policy

LONG = ("  channel:", "  pending: 24h\n  channel:")
LAST_HOUR = 10 * 3600 + 60
"""Seconds after which a token of eleven hours is to be renewed."""


def runs_now(world: World, subject: str) -> int:
    """How often a subject is worked on while no time goes by; at most ten times."""
    for runs in range(10):
        if subject not in world.reconciler.due():
            return runs
        world.reconciler.subject(subject)
    return 10


def test_a_token_that_cannot_be_renewed_waits(world: World) -> None:
    world.policy = policy(LONG)
    request = world.file()
    world.pass_()
    world.clock.advance(LAST_HOUR)
    world.room.faults = [Unavailable("the channel is away")]

    assert runs_now(world, request_subject(request.id)) == 1
    world.passes(30)
    opened = world.tokens.open(world.room.only(request.id, "card").token, act="review", now=world.clock())
    assert opened.request == request.id


def test_old_cards_that_cannot_be_drawn_keep_nobody_waiting(world: World) -> None:
    world.policy = policy(LONG)
    old = [world.file(ALICE, "admin") for _ in range(20)]
    world.pass_(rounds=50)
    world.clock.advance(LAST_HOUR)
    world.room.faults = [Unavailable("the channel is away")] * len(old)
    for subject in world.reconciler.due(limit=len(old)):
        world.reconciler.subject(subject)
    world.file(BOB, "admin")

    assert len(world.reconciler.due(limit=16, kind="request")) == 1


def test_a_last_removal_without_an_answer_is_looked_at_once_and_again_later(world: World, wire: Wire) -> None:
    world.granted(minutes=10)
    world.passes(590)
    wire.writes = ["lost"]
    world.clock.advance(11)

    assert runs_now(world, binding_subject(RESOURCE)) == 1


def test_what_is_given_back_early_is_remembered_until_its_window_ends_and_no_longer(world: World) -> None:
    subject = binding_subject(RESOURCE)
    for _ in range(260):
        request = world.file(ALICE, "logs", minutes=240)
        world.reconciler.subject(subject)
        world.end(ALICE, request)
        world.reconciler.subject(subject)
        world.clock.advance(60)

    remembered = ledger(world, subject)
    assert all(known.end > world.clock() - timedelta(seconds=61) for known in remembered.known)
    assert 235 <= len(remembered.known) <= 241
    assert remembered.attempts == ()
    world.passes(4 * 3600, step=600)
    assert ledger(world, subject) == Ledger()


def ledger(world: World, subject: str) -> Ledger:
    """What stands recorded of a resource's bindings."""
    return decoded(world.store.recorded(subject))
