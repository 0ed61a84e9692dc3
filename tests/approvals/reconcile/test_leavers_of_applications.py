"""Whom an application asked for and who left: what waits is withdrawn, and what is approved is used no more."""

from collections.abc import Callable

import msgspec
import pytest

from approvals.auditing import replay
from approvals.freezes.freezing import freeze
from approvals.ids import webhook_subject
from approvals.people.principals import ITSELF
from approvals.refusals.errors import Refused, Unavailable
from approvals.requests import Request
from approvals.telling import webhooks
from handlers.wording.standing import standing
from handlers.wording.text.lines import plain
from tests.approvals.reconcile.test_leavers import fails_with, leaves, looked_at
from tests.approvals.reconcile.test_suspended import Suspended, asked_too
from tests.support.builders import PERSON
from tests.support.doubles import ref
from tests.support.refunds import ASSERTED, REFUND, Till
from tests.support.world import ALICE, BOB, World, refused

Leaves = Callable[[World], object]


@pytest.fixture
def till(world: World) -> Till:
    return Till(world)


def is_suspended(world: World) -> None:
    asked_too(world, Suspended(ALICE))


def later(world: World) -> None:
    """The next pass, a minute later."""
    world.clock.advance(60)
    looked_at(world)


@pytest.mark.parametrize("how", [leaves, is_suspended])
def test_an_approved_action_of_a_leaver_cannot_be_used_after_the_pass(till: Till, how: Leaves) -> None:
    world, request = till.world, till.approved()
    looked_at(world)

    how(world)
    later(world)

    lapsed = world.read(request)
    assert (lapsed.state, lapsed.lapsed and lapsed.lapsed.cause) == ("lapsed", "left")
    with refused("unusable"):
        till.consume(request)
    assert list(replay.faults(lapsed, world.store.entries(request.id))) == []
    later(world)
    assert world.actions(request).count("request.lapsed") == 1


@pytest.mark.parametrize("how", [leaves, is_suspended])
def test_what_a_leaver_was_asked_to_confirm_is_withdrawn(till: Till, how: Leaves) -> None:
    waits, asked = till.asserting().ask(person=ASSERTED), till.ask()
    looked_at(till.world)

    how(till.world)
    later(till.world)

    assert [till.world.read(each).state for each in (waits, asked)] == ["withdrawn", "withdrawn"]
    with pytest.raises(Refused):
        till.confirm(ALICE, waits)


def test_people_read_why_and_the_application_is_told(till: Till) -> None:
    world, request = till.world, till.approved()
    world.pass_()
    looked_at(world)
    leaves(world)

    world.clock.advance(60)
    world.store.wake("leavers:accounts", due=world.clock())
    world.reconciler.subject("leavers:accounts")
    assert webhook_subject("shop", request.id) in world.reconciler.due()
    world.pass_()

    told = webhooks.caught_up(webhooks.Told(), world.read(request))
    assert [each.state for each in told.messages] == ["approved", "lapsed"]
    drawn = world.room.only(request.id, "card").drawn
    assert drawn is not None
    assert plain(standing(drawn.request).meaning) == (
        "It was approved, and taken back: the account of alice@example.com is deactivated, suspended or deleted."
    )


def test_a_leaver_whose_chat_account_asked_for_access_loses_the_actions_by_the_same_look(till: Till) -> None:
    world, request = till.world, till.approved()
    access = world.file(ALICE, "pair")
    leaves(world)

    looked_at(world)

    assert (world.read(access).state, world.read(request).state) == ("withdrawn", "lapsed")


def test_it_is_taken_in_a_freeze_as_well(till: Till) -> None:
    request = till.approved()
    looked_at(till.world)
    freeze(till.world.store, by="operator", why=None, now=till.world.clock())
    leaves(till.world)

    later(till.world)

    assert till.world.read(request).state == "lapsed"


def test_what_was_used_stays_used(till: Till) -> None:
    request = till.approved()
    looked_at(till.world)
    used = till.consume(request)
    leaves(till.world)

    later(till.world)

    assert till.world.read(request) == used


def silent_chat(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("account", "by_email"):
        monkeypatch.setattr(world.people, name, fails_with(Unavailable("Slack wants fewer calls")))


def unknown_to_the_chat(world: World, _: pytest.MonkeyPatch) -> None:
    del world.people.accounts[ref(ALICE)]


def has_another_account(world: World, _: pytest.MonkeyPatch) -> None:
    leaves(world)
    world.people.join("a.smith@example.com", email=ALICE)


def somebody_else_left(world: World, _: pytest.MonkeyPatch) -> None:
    leaves(world, BOB)


@pytest.mark.parametrize("scene", [silent_chat, unknown_to_the_chat, has_another_account, somebody_else_left])
def test_who_is_no_leaver_keeps_what_was_approved(
    till: Till, monkeypatch: pytest.MonkeyPatch, scene: Callable[[World, pytest.MonkeyPatch], None]
) -> None:
    request = till.approved()
    looked_at(till.world)

    scene(till.world, monkeypatch)
    later(till.world)
    monkeypatch.undo()

    assert till.world.read(request).state == "approved"
    assert till.consume(request).state == "used"


@pytest.mark.parametrize("program", [ITSELF, "robot@payments-prod.iam.gserviceaccount.com"])
def test_nobody_looks_for_what_is_no_person(world: World, program: str) -> None:
    """A looser policy is asked for by the service itself, and programs ask by service accounts."""
    till = Till(world).ruled(action=msgspec.structs.replace(REFUND, requesters=(f"user:{program}",)))
    directory = Suspended(program)
    asked_too(world, directory)
    waits: Request = till.ask(person=msgspec.structs.replace(PERSON, principal=program))
    world.people.asked.clear()

    looked_at(world)

    assert world.read(waits).state == "pending"
    assert directory.asked == []
    assert all("email" not in question for question in world.people.asked)
