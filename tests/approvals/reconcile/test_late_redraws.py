"""A redraw that got no answer may arrive over a newer one: what it shows does not last."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from approvals.ports.messages import Notice, Posted
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.telling.cards import Card
from tests.support.direct import Wire
from tests.support.doubles import Room
from tests.support.world import BOB, CAROL, GWEN, World


class Stalling(Room):
    """A room where the next `stall` redraws of a card get no answer, and arrive when `land` is called."""

    def __init__(self) -> None:
        super().__init__()
        self.stall = 0
        self._held: list[Callable[[], None]] = []

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        if self.stall and notice.kind == "card":
            self.stall -= 1
            self._held.append(partial(super().redraw, posted, notice, card, timeout=timeout))
            raise Unavailable("no answer in 5 s")
        super().redraw(posted, notice, card, timeout=timeout)

    def land(self) -> None:
        while self._held:
            self._held.pop(0)()

    def shown(self, request: Request) -> tuple[str, bool]:
        """What the card says the request is, and whether it can be pressed."""
        drawn = self.only(request.id, "card").drawn
        assert drawn is not None
        return drawn.request.state, bool(drawn.token)


@pytest.fixture
def room() -> Stalling:
    return Stalling()


@pytest.fixture
def world(tmp_path: Path, wire: Wire, room: Stalling) -> Iterator[World]:
    made = World(tmp_path, granter=wire, messenger=room)
    yield made
    made.close()


@pytest.fixture
def half(world: World, room: Stalling) -> Request:
    """A request with one of two approvals; the redraw that says so hangs, and was made again since."""
    request = world.file(GWEN, "pair")
    world.pass_()
    room.stall = 1
    world.press(BOB, request)
    world.pass_()
    world.passes(5, step=1)
    assert room.stall == 0
    return request


def test_what_a_late_redraw_shows_is_drawn_over(world: World, room: Stalling, half: Request) -> None:
    world.press(CAROL, half, "deny", comment="no")
    world.passes(15)
    assert room.shown(half) == ("denied", False)
    room.land()
    assert room.shown(half) == ("pending", True)
    world.passes(30)

    assert room.shown(half) == ("denied", False)


def test_news_does_not_wait_for_the_redraw_that_is_late(world: World, room: Stalling, half: Request) -> None:
    world.press(CAROL, half, "deny", comment="no")
    world.pass_()

    assert room.shown(half) == ("denied", False)


def test_it_is_drawn_once_more_and_not_again(world: World, room: Stalling, half: Request) -> None:
    calls = room.calls
    world.passes(20)
    assert room.calls == calls
    world.passes(600)

    assert room.calls == calls + 1
    assert room.shown(half) == ("pending", True)


def test_a_card_that_cannot_be_redrawn_now_gets_no_second_one_beside_it_and_is_redrawn_once_it_can(
    world: World, room: Stalling
) -> None:
    request = world.file()
    world.pass_()
    card = room.only(request.id, "card")
    card.locked = True
    world.press(BOB, request, "deny")
    world.passes(4 * 3600)

    assert room.only(request.id, "card") is card
    assert card.token != ""
    card.locked = False
    world.passes(300)
    assert room.shown(request) == ("denied", False)
