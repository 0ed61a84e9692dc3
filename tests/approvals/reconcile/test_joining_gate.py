"""Who can be let into a group, looked at by the ask, by the click and once more when it is written."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.people.principals import EVIDENCE_AGE
from approvals.refusals.errors import Refused
from approvals.requests import Request
from handlers.wording.refusing.refusals import told
from sandbox.google import Fault
from tests.support.fridays import GROUP
from tests.support.joining import Joined
from tests.support.world import ALICE, BOB, GWEN

OTHER = "a.smith@corp.example.com"
LATER = EVIDENCE_AGE.total_seconds() + 1


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Joined]:
    world = Joined(tmp_path)
    yield world
    world.close()


def refused(world: Joined, person: str = ALICE) -> str:
    with pytest.raises(Refused) as refusal:
        world.file(person)
    return refusal.value.code


def cause(world: Joined, request: Request) -> str:
    return getattr(world.read(request).grants[0].cause, "code", "")


def test_who_adds_themself_between_asking_and_approval_is_refused_at_the_click(world: Joined) -> None:
    request = world.file()
    world.google.groups.put(GROUP, ALICE)
    world.clock.advance(LATER)

    with pytest.raises(Refused) as refusal:
        world.press(BOB, request)

    assert refusal.value.code == "group.held"
    assert "by a membership that is not ours" in told(refusal.value)
    assert world.read(request).reviews == ()
    world.google.groups.take(GROUP, ALICE)
    world.clock.advance(LATER)
    world.press(BOB, request)
    world.pass_()
    assert world.state(request) == "active"


def test_an_approval_while_the_group_cannot_be_read_waits_for_it(world: Joined) -> None:
    request = world.file()
    world.clock.advance(LATER)
    world.google.faults.set(Fault(method="groups.lookup", status=503, times=10_000))

    world.press(BOB, request)
    world.passes(60)

    assert world.read(request).state == "pending"
    assert len(world.read(request).reviews) == 1
    assert world.held() == {}
    while world.google.faults.take("groups.lookup"):
        pass
    world.passes(120)
    assert world.state(request) == "active"


def test_who_ended_it_a_moment_ago_can_ask_again(world: Joined) -> None:
    """What was known of their membership while it was ours makes nobody a stranger."""
    first = world.granted(minutes=60)
    world.clock.advance(LATER)
    second = world.file(minutes=30)
    world.uses.ending.withdraw(world.identity(ALICE), second.id, now=world.clock())
    world.end(ALICE, first)
    world.pass_()
    assert world.held() == {}

    again = world.granted(minutes=30)

    assert set(world.held()) == {ALICE}
    assert world.state(again) == "active"


@pytest.mark.parametrize("lacking", ["writable", "premium"])
def test_what_google_said_a_moment_ago_is_said_to_whoever_asks_next(world: Joined, lacking: str) -> None:
    waiting = world.approved()
    setattr(world.google.groups, lacking, False)
    world.pass_()
    assert world.state(waiting) == "activating"

    assert refused(world, GWEN) == "group.forbidden"

    setattr(world.google.groups, lacking, True)
    world.passes(600)
    assert world.state(waiting) == "active"
    assert world.file(GWEN).state == "pending"


def test_what_google_said_long_ago_is_asked_anew(world: Joined) -> None:
    world.google.groups.writable = False
    waiting = world.approved()
    world.pass_()
    world.end(ALICE, waiting)
    world.clock.advance(301)

    assert world.file(GWEN).state == "pending"


def test_who_is_in_it_by_another_address_is_refused_when_they_ask(world: Joined) -> None:
    world.google.groups.aliases[ALICE] = OTHER
    world.google.groups.put(GROUP, OTHER)

    assert refused(world) == "group.held"


def test_who_came_in_by_another_address_meanwhile_is_left_there(world: Joined) -> None:
    """No list shows it as theirs, and creating it says for ever that it is there."""
    world.google.groups.aliases[ALICE] = OTHER
    request = world.approved()
    world.google.groups.put(GROUP, OTHER)

    world.passes(60)

    assert world.state(request) == "failed"
    assert cause(world, request) == "group.held"
    assert world.held() == {OTHER: None}


def test_what_was_made_for_another_address_and_not_answered_is_taken_back(world: Joined) -> None:
    request = world.approved()
    grant = world.read(request).grant
    assert grant is not None
    world.google.groups.aliases[ALICE] = OTHER
    # The call that made it was answered by nobody.
    world.google.groups.put(GROUP, OTHER, until=grant.window.end.timestamp())

    world.passes(60)

    assert world.state(request) == "failed"
    assert cause(world, request) == "group.other"
    assert world.held() == {}


def test_a_membership_that_was_swapped_for_another_is_not_ended(world: Joined) -> None:
    request = world.granted()
    world.google.groups.take(GROUP, ALICE)
    later = world.clock() + timedelta(days=1)
    world.google.groups.put(GROUP, ALICE, until=later.timestamp())

    world.end(ALICE, request)
    world.passes(120)

    assert world.held() == {ALICE: later}


def test_two_instances_let_somebody_in_once(world: Joined) -> None:
    """The other one works on all that is due when this one is about to write."""
    request = world.approved()
    other = world.reconciler
    world.restart()
    world.wire.writes.append(lambda: [other.subject(subject) for subject in other.due()])

    world.passes(60)

    assert world.state(request) == "active"
    assert world.wire.sent == 1
    assert list(world.held()) == [ALICE]
