"""What every `Messenger` promises to reconcile."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from approvals.ports.messages import ChannelError, MessageGone, Messenger, Notice, Posted, ToRoom
from approvals.refusals.errors import Unavailable
from approvals.telling.cards import Card
from tests.handlers.slack.bed import Bed, bed_in
from tests.handlers.slack.conftest import stage
from tests.support.doubles import Room
from tests.support.servers import Stage

__all__ = ["stage"]

CARD = Notice(key="card", kind="card", to=ToRoom("#access"))


class Place(Protocol):
    """A channel of communication, as somebody who looks at it sees it."""

    messenger: Messenger
    card: Card

    def token_of(self, posted: Posted) -> str: ...

    def delete(self, posted: Posted) -> None: ...

    def lock(self, posted: Posted) -> None: ...

    def go_down(self) -> None: ...


class InSlack:
    def __init__(self, bed: Bed) -> None:
        self._bed = bed
        self.messenger: Messenger = bed.messenger
        self.card = bed.card(bed.file("alice"))

    def token_of(self, posted: Posted) -> str:
        values = [e["value"] for _, e in self._bed.message(posted).elements() if e["action_id"] == "approve"]
        return str(values[0]) if values else ""

    def delete(self, posted: Posted) -> None:
        self._bed.box.slack.state.drop(self._bed.message(posted))

    def lock(self, posted: Posted) -> None:
        self._bed.box.slack.change_channel("#access", is_archived=True)

    def go_down(self) -> None:
        self._bed.box.slack.faults.add("chat.postMessage", "error", times=100)


class InMemory:
    def __init__(self, card: Card) -> None:
        self._room = Room()
        self.messenger: Messenger = self._room
        self.card = card

    def token_of(self, posted: Posted) -> str:
        return self._room.messages[posted.ts].token

    def delete(self, posted: Posted) -> None:
        self._room.messages[posted.ts].deleted = True

    def lock(self, posted: Posted) -> None:
        self._room.messages[posted.ts].locked = True

    def go_down(self) -> None:
        self._room.faults += [Unavailable("the room is closed")] * 100


@pytest.fixture(params=["slack", "double"])
def place(request: pytest.FixtureRequest, tmp_path: Path, stage: tuple[Stage, str]) -> Iterator[Place]:
    with bed_in(tmp_path, *stage) as bed:
        made: dict[str, Callable[[], Place]] = {
            "slack": lambda: InSlack(bed),
            "double": lambda: InMemory(bed.card(bed.file("alice"))),
        }
        yield made[request.param]()


def _without_buttons(card: Card) -> Card:
    return Card(request=card.request, tally=card.tally)


def test_a_channel_that_is_down_is_unavailable(place: Place) -> None:
    place.go_down()

    with pytest.raises(Unavailable):
        place.messenger.post(CARD, _without_buttons(place.card), timeout=5)


def test_a_message_that_stands_and_cannot_be_redrawn_now_is_not_said_to_be_gone(place: Place) -> None:
    posted = place.messenger.post(CARD, _without_buttons(place.card), timeout=5)
    place.lock(posted)

    with pytest.raises(ChannelError) as caught:
        place.messenger.redraw(posted, CARD, place.card, timeout=5)
    assert not isinstance(caught.value, MessageGone)


def test_a_message_that_is_gone_is_said_to_be(place: Place) -> None:
    posted = place.messenger.post(CARD, _without_buttons(place.card), timeout=5)
    place.delete(posted)

    with pytest.raises(MessageGone):
        place.messenger.redraw(posted, CARD, place.card, timeout=5)


def test_a_first_post_has_no_buttons(place: Place) -> None:
    posted = place.messenger.post(CARD, _without_buttons(place.card), timeout=5)

    assert place.token_of(posted) == ""


def test_a_redraw_carries_the_token(place: Place) -> None:
    posted = place.messenger.post(CARD, _without_buttons(place.card), timeout=5)
    place.messenger.redraw(posted, CARD, place.card, timeout=5)

    assert place.token_of(posted) == place.card.token != ""
