"""Nothing that is said of an approval alone speaks of access, or of Google: nothing is granted by it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.access.keeping import kept_by_others
from approvals.auditing.story import story
from approvals.ports.messages import Notice, ToPerson
from approvals.requests import Request
from handlers.mail.letters import written
from handlers.slack.cards import message
from handlers.slack.modals import details_view, end_form
from handlers.wording.actions import actions
from handlers.wording.history.story import moment
from handlers.wording.listing import own, past, waiting
from handlers.wording.steps import step
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.support.clouds import cloud, wire
from tests.support.direct import Wire
from tests.support.fridays import SCENES, fridays
from tests.support.mails import mail_settings
from tests.support.world import World

__all__ = ["cloud", "wire"]

UNSAID = re.compile(r"\baccess\b|\bgoogle|\biam\b|set up|\broles?\b(?!=)|\bgranted\b|read back", re.IGNORECASE)


@pytest.fixture
def world(tmp_path: Path, wire: Wire) -> Iterator[World]:
    made = fridays(World(tmp_path, granter=wire))
    yield made
    made.close()


STEPS = ("scheduled", "active", "ended", "revoked", "failed", "denied", "expires", "ends", "withdrawn", "expired")


def said(world: World, request: Request) -> Iterator[str]:
    """All that people read of it, wherever they look."""
    kept = kept_by_others(request, world.store, now=world.clock())
    case = world.cases.of(request, now=world.clock())
    card = case.card(kept=kept, token=world.tokens.mint(request, act="review", now=world.clock()))
    yield plain(own(request, kept=kept))
    yield plain(past(request, kept=kept))
    yield plain(waiting(request))
    for name in STEPS:
        told = step(name, card)
        yield plain(told.sentence)
    for each in (*actions(card).approvers, *actions(card).requester):
        yield each.text
        yield each.label
        yield f"{each.question}"
    for entry in story(request, world.store.entries(request.id)) or ():
        yield plain(moment(request, entry, None).sentence)
    for kind in ("card", "status"):
        notice = Notice(key=kind, kind=kind, to=ToPerson(request.requester))
        yield json.dumps(message(notice, card, buttons=True, pages_url="https://pages.example.com").blocks)
    yield json.dumps([details_view(card), end_form(card)])
    for name in ("call", "remind", "told", "copy", "done"):
        letter = Notice(key=name, kind="letter", to=ToPerson(request.requester), step=name)
        yield from written(letter, card, settings=mail_settings())


@pytest.mark.parametrize("scene", SCENES)
def test_whoever_is_asked_reads_what_it_is_for_and_that_it_grants_nothing(world: World, scene: str) -> None:
    shown = view(world.card(SCENES[scene](world)))
    (what,) = [plain(fact.value) for fact in shown.facts if fact.label == "What"]

    assert what == "Deploy on Friday: an approval alone, which grants nothing"
    assert "Deploy on Friday" in plain(shown.brief)
    assert [fact.label for fact in shown.facts] == ["Who", "What", "How long"]


@pytest.mark.parametrize("scene", SCENES)
def test_nobody_reads_of_access_where_nothing_is_granted(world: World, scene: str) -> None:
    request = SCENES[scene](world)
    texts = list(said(world, request))

    assert len(texts) > 20
    found = {text[max(0, each.start() - 40) : each.end() + 40] for text in texts for each in UNSAID.finditer(text)}
    assert found == set()
