"""Which messages the calls of a counted window call for: people were asked once, for all of them."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from approvals.policy.tools import CallWindow
from approvals.requests import Request
from approvals.uses.votes import Press
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.support.agents import DELETE, Assistant
from tests.support.direct import Wire
from tests.support.world import BOB, World

SEVERAL = msgspec.structs.replace(DELETE, window=CallWindow(lasts=timedelta(minutes=30), uses=40))


@pytest.fixture
def assistant(tmp_path: Path, wire: Wire) -> Iterator[Assistant]:
    with (
        closing(World(tmp_path, granter=wire)) as world,
        closing(Assistant(world, action=SEVERAL)) as made,
    ):
        yield made


def opened(assistant: Assistant) -> Request:
    """A call that was approved for several, of which people were told."""
    request, world = assistant.read(str(assistant.asks().json["id"])), assistant.world
    world.pass_()
    token = world.tokens.mint(request, act="review", now=world.clock())
    world.uses.deciding.review(
        world.identity(BOB), Press(token=token, verdict="approve", window=True), now=world.clock()
    )
    world.pass_()
    return request


def taken(assistant: Assistant, number: int) -> str:
    said = assistant.asks(arguments={"account": f"B-{number}"}).json
    assert said["approval"] == "window", said
    return str(said["id"])


def keys(assistant: Assistant, request_id: str) -> list[str]:
    return sorted(message.notice.key for message in assistant.world.room.of(request_id))


def test_a_call_that_is_taken_and_not_made_is_no_message_to_anybody(assistant: Assistant) -> None:
    first = opened(assistant)
    found = taken(assistant, 1)
    assistant.world.pass_()

    assert keys(assistant, found) == []
    card = assistant.world.room.only(first.id, "card").drawn
    assert card is not None
    assert "2 of 40 calls" in plain(view(card).meaning)


def test_whoever_it_is_for_is_told_that_somebody_else_revoked_a_call_of_it(assistant: Assistant) -> None:
    opened(assistant)
    found = taken(assistant, 1)
    assistant.world.end(BOB, assistant.read(found), why="Not this one.")
    assistant.world.pass_()

    assert keys(assistant, found) == ["step:lapsed"]


def used(assistant: Assistant) -> Request:
    """The first call, whose approval is for others still once it was made."""
    first = opened(assistant)
    assert assistant.uses(first.id).status == 200
    assistant.world.pass_()
    return first


@pytest.mark.parametrize("key", ["card", "status"])
def test_why_somebody_ended_the_other_calls_is_read_by_all_who_see_it(assistant: Assistant, key: str) -> None:
    first = used(assistant)
    assistant.world.end(BOB, assistant.read(first.id), why="It goes too far.")
    assistant.world.pass_()

    shown = assistant.world.room.only(first.id, key).drawn
    assert shown is not None
    assert (plain(view(shown).reason), view(shown).reason_title) == ("It goes too far.", f"Reason given by {BOB}")


def test_what_is_looked_at_of_a_call_does_not_grow_with_the_calls_beside_it(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(assistant)
    read: list[Request] = []
    store = assistant.world.store
    beside = store.beside

    def noted(request: Request) -> Sequence[Request]:
        found = beside(request)
        read.extend(found)
        return found

    monkeypatch.setattr(store, "beside", noted)

    for number in range(12):
        taken(assistant, number)
    assistant.world.pass_()

    assert read == []
