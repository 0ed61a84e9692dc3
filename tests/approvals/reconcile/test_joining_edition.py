"""An edition in which memberships do not expire is known before anybody is asked to approve one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.people.principals import EVIDENCE_AGE
from approvals.refusals.errors import Refused
from handlers.wording.refusing.refusals import told
from sandbox.google import Fault
from tests.support.joining import Joined
from tests.support.world import ALICE, BOB, GWEN

LATER = EVIDENCE_AGE.total_seconds() + 1
QUESTIONS = ("searchTransitiveMemberships", "checkTransitiveMembership")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Joined]:
    world = Joined(tmp_path)
    yield world
    world.close()


def refused(world: Joined, person: str = ALICE) -> Refused:
    with pytest.raises(Refused) as refusal:
        world.file(person)
    return refusal.value


def test_it_is_refused_in_words_before_anybody_is_asked(world: Joined) -> None:
    world.google.groups.premium = False

    refusal = refused(world)

    assert refusal.code == "group.edition"
    assert "Cloud Identity Premium" in told(refusal)
    assert "offer roles in the place" in told(refusal)
    assert world.store.pending(limit=9) == []


def test_it_is_said_to_whoever_wants_to_know_why(world: Joined) -> None:
    world.google.groups.premium = False
    explained = world.uses.asking.explain(world.identity(ALICE), "admin", now=world.clock())

    assert [each.code for each in explained.unable] == ["group.edition"]


def test_approvers_of_what_waits_already_are_shown_it(world: Joined) -> None:
    request = world.file()
    world.google.groups.premium = False
    world.clock.advance(3700)
    refused(world, GWEN)

    assert [each.code for each in world.card(request).unable] == ["group.edition"]


def test_another_edition_is_noticed_by_whoever_asks_next(world: Joined) -> None:
    world.google.groups.premium = False
    refused(world)
    world.google.groups.premium = True
    world.clock.advance(LATER)

    assert world.file().state == "pending"


@pytest.mark.parametrize("status", [403, 400])
@pytest.mark.parametrize("question", QUESTIONS)
def test_one_question_that_is_refused_bars_nobody(world: Joined, question: str, status: int) -> None:
    """It may be about one account, or about what this service may see."""
    world.google.faults.set(Fault(method=question, status=status, times=9))

    assert world.file().state == "pending"


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("status", [429, 503, 404])
def test_what_google_does_not_say_bars_nobody(world: Joined, question: str, status: int) -> None:
    world.google.groups.premium = False
    world.google.faults.set(Fault(method=question, status=status, times=9))

    assert world.file().state == "pending"


def test_what_was_seen_is_not_asked_again_within_the_hour(world: Joined) -> None:
    world.file()
    world.clock.advance(LATER)
    for question in QUESTIONS:
        world.google.faults.set(Fault(method=question, status=403, times=9))
    assert world.file(GWEN).state == "pending"

    world.clock.advance(3600)
    assert refused(world, BOB).code == "group.edition"
