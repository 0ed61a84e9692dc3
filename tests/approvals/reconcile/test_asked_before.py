"""A card says what its requester has already, or has asked for before; and no longer than it is so."""

from approvals.requests import Request
from tests.support.world import BOB, World


def before(world: World, request: Request) -> str:
    """The request that the card of another names, as it stands."""
    drawn = world.room.only(request.id, "card").drawn
    return drawn.before.id if drawn is not None and drawn.before is not None else ""


def test_a_later_request_for_the_same_is_not_named_on_the_earlier_card(world: World) -> None:
    first = world.file()
    world.clock.advance(1)
    world.file()
    world.passes(30)

    assert before(world, first) == ""


def test_another_person_s_and_another_entitlement_s_requests_are_not_named(world: World) -> None:
    world.file(BOB)
    world.file(entitlement="pair")
    world.clock.advance(1)
    request = world.file()
    world.passes(30)

    assert before(world, request) == ""


def test_what_was_asked_for_before_is_named_until_it_is_withdrawn(world: World) -> None:
    first = world.file()
    world.clock.advance(1)
    second = world.file()
    world.passes(30)
    assert before(world, second) == first.id

    world.uses.ending.withdraw(world.identity("alice@example.com"), first.id, now=world.clock())
    world.pass_()

    assert before(world, second) == ""


def test_access_that_stands_is_named_until_it_is_ended(world: World) -> None:
    first = world.granted()
    second = world.file()
    world.passes(30)
    assert before(world, second) == first.id

    world.end("alice@example.com", first)
    world.passes(30)

    assert before(world, second) == ""
