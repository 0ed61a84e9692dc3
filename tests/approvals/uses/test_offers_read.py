"""What people read of an offer: on the card, in a message, in their list and in what happened."""

import pytest

from approvals.auditing.story import story
from approvals.requests import Request
from handlers.wording.history.story import moment
from handlers.wording.listing import own
from handlers.wording.steps import step
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.approvals.uses.test_countering import BUNDLE
from tests.support.builders import OTHER, RESOURCE
from tests.support.world import ALICE, BOB, World, policy


@pytest.fixture
def asked(world: World) -> Request:
    world.policy = policy(BUNDLE)
    return world.file(entitlement="incident")


def test_people_read_what_is_offered_and_why(world: World, asked: Request) -> None:
    world.offer(BOB, asked, minutes=30, keep=(0,), why="Only *this* <!channel>\none")
    card = world.card(asked)
    note = plain(view(card).notes[0])

    assert note.startswith(f"{BOB} offers less: 30 minutes instead of 1 hour, without {OTHER}. Until")
    assert note.endswith(f". Until {ALICE} accepts that, all stays as it is.")
    assert plain(view(card).reason) == "Only *this* <!channel>\none"
    assert view(card).reason_title == f"Reason given by {BOB}"
    assert f" {note.partition('. Until')[0]}. Accept it or wait on. Expires" in plain(own(card.request))
    told = plain(step("countered:2", card).sentence)
    assert f"{BOB} offers less" in told
    assert "Accept it by the button" in told
    assert plain(step("countered:2", card).quote) == plain(view(card).reason)
    assert [each.kind for each in view(card).actions.requester] == ["accept", "withdraw"]
    world.accept(ALICE, asked)
    assert plain(view(world.card(asked)).notes[0]) == (
        f"{ALICE} accepted what {BOB} offered: 30 minutes instead of 1 hour, without {OTHER}."
        " Votes from before count no more."
    )
    assert RESOURCE in plain(view(world.card(asked)).facts[2].value)
    happened = story(world.read(asked), world.store.entries(asked.id))
    assert happened is not None
    lines = [plain(moment(world.read(asked), each, None).sentence) for each in happened]
    assert f"{BOB} offered less: 30 minutes instead of 1 hour, without {OTHER}, as revision 2." in lines
    world.press(BOB, world.read(asked))
    assert "count no more" not in plain(view(world.card(asked)).notes[0])
