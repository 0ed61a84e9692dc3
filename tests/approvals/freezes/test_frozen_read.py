"""What people read of a freeze by name: who is frozen reads it of themselves, and an emergency that it waits."""

import pytest

from approvals.freezes import freezing
from approvals.parts import Kind
from approvals.requests import Request
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.approvals.freezes.test_frozen_parts import followed
from tests.approvals.uses.test_break_glass import break_, glass
from tests.support.frozen import freeze_part
from tests.support.world import ALICE, BOB, CAROL, World

YOU = "You are frozen by your administrators: you can ask for nothing and decide nothing until an administrator"


def on_page(world: World, person: str, request: Request) -> str:
    faced = world.uses.facing.face(world.identity(person), request.id, now=world.clock())
    return str(plain(view(faced.card).meaning))


def drawn(world: World, request: Request, key: str) -> str:
    card = world.room.only(request.id, key).drawn
    assert card is not None
    return str(plain(view(card).meaning))


@pytest.mark.parametrize(("of", "name"), [("entitlement", "logs"), ("person", ALICE)])
def test_an_exempt_emergency_that_a_freeze_by_name_holds_up_says_so(world: World, of: Kind, name: str) -> None:
    world.policy = glass(frozen=True)
    world.freeze.moved()
    request = break_(world)
    freeze_part(world.store, of, name, now=world.clock())
    world.passes(30)

    assert world.state(request) == "activating"
    said = f"have frozen {name}: until they thaw it this cannot be set up."
    assert said in drawn(world, request, "card")
    assert said in on_page(world, BOB, request)
    told = YOU if of == "person" else said
    assert told in drawn(world, request, "status")
    assert told in on_page(world, ALICE, request)


def test_an_exempt_emergency_says_nothing_of_a_freeze_of_everything_which_does_not_hold_it_up(
    world: World,
) -> None:
    world.policy = glass(frozen=True)
    freezing.freeze(world.store, by="os:root", why=None, now=world.clock())
    request = break_(world)
    world.pass_()

    assert world.state(request) == "active"
    for who in (ALICE, BOB):
        assert "frozen" not in on_page(world, who, request)


def test_who_is_frozen_reads_it_of_themselves_and_others_read_who_it_is(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.pass_()
    freeze_part(world.store, "person", ALICE, now=world.clock())
    followed(world)
    world.pass_()

    third = f"have frozen {ALICE}: until they thaw it this cannot be approved or denied."
    assert third in drawn(world, request, "card")
    assert third in on_page(world, BOB, request)
    for said in (drawn(world, request, "status"), on_page(world, ALICE, request)):
        assert YOU in said
        assert ALICE not in said


def test_a_frozen_approver_reads_it_of_themselves_where_others_read_nothing_of_it(world: World) -> None:
    request = world.file(ALICE, "pair")
    freeze_part(world.store, "person", BOB, now=world.clock())

    assert YOU in on_page(world, BOB, request)
    for who in (ALICE, CAROL):
        assert "frozen" not in on_page(world, who, request)
