"""Access in an emergency is told loudly: as it begins, halfway to its review's end, and once that is over."""

import msgspec
import pytest

from approvals.ports.messages import ToPerson, ToRoom
from tests.approvals.reconcile.reminding import silence
from tests.approvals.uses.test_break_glass import break_, find, glass
from tests.support.world import APPROVERS, BOB, CAROL, DAN, World

SECURITY = "#security"


@pytest.fixture
def loud(world: World) -> World:
    """A world in which glass can be broken, and a channel hears of it."""
    world.policy = msgspec.structs.replace(glass(), security_channel=SECURITY)
    return world


def told(world: World) -> list[tuple[str, str]]:
    """Who was told of what, in order: people, and rooms."""
    return [(str(notice.to), notice.step) for notice in world.room.turns]


def cards(world: World) -> list[object]:
    """Where the cards stand."""
    return [each.notice.to for each in world.room.messages.values() if each.notice.kind == "card"]


def test_its_card_stands_in_the_security_channel_and_each_reviewer_is_told_at_once(loud: World) -> None:
    request = break_(loud)
    loud.pass_()

    assert cards(loud) == [ToRoom(SECURITY)]
    assert told(loud) == [(who, "begun") for who in (BOB, CAROL, DAN)]
    assert loud.state(request) == "active"


def test_every_reviewer_is_told_however_many_there_are_and_quiet_as_they_may_be(loud: World) -> None:
    many = sorted(f"p{number}@example.com" for number in range(25))
    loud.people.groups[APPROVERS] = set(many)
    quiet = msgspec.structs.replace(loud.policy.entitlements["logs"], quiet=(f"user:{many[0]}",))
    loud.policy = msgspec.structs.replace(loud.policy, entitlements={**loud.policy.entitlements, "logs": quiet})
    break_(loud)
    loud.pass_()

    assert told(loud) == [(who, "begun") for who in many]


def test_of_reviewers_whom_nobody_can_list_the_channel_is_told_at_once(loud: World) -> None:
    loud.people.groups[APPROVERS] = {f"p{number}@example.com" for number in range(41)}
    break_(loud)
    loud.pass_()

    assert told(loud) == [(SECURITY, "begun")]


def test_whom_the_directory_cannot_name_at_first_is_told_once_it_does(
    loud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence(loud, monkeypatch)
    break_(loud)
    loud.passes(300)
    assert told(loud) == [(SECURITY, "begun")]

    monkeypatch.undo()
    loud.passes(70)
    loud.restart()
    loud.passes(600)
    assert told(loud)[1:] == [(who, "begun") for who in (BOB, CAROL, DAN)]


def test_nobody_is_told_of_one_thing_twice(loud: World) -> None:
    break_(loud)
    loud.passes(3600, step=600)
    loud.restart()
    loud.passes(3600, step=600)

    assert told(loud) == [(who, "begun") for who in (BOB, CAROL, DAN)]


def test_reviewers_are_reminded_halfway_and_the_channel_hears_that_it_is_late(loud: World) -> None:
    break_(loud)
    loud.passes(3 * 86_400 + 7200, step=7200)

    late = [(SECURITY, "overdue"), *((who, "overdue") for who in (BOB, CAROL, DAN))]
    assert told(loud)[3:6] == [(who, "reminded") for who in (BOB, CAROL, DAN)]
    assert told(loud)[6:] == late


def test_what_is_reviewed_is_told_of_no_more_and_whoever_broke_it_hears_what_was_found(loud: World) -> None:
    request = break_(loud)
    loud.pass_()
    find(loud, BOB, request, justified=False, why="Nothing was down")
    loud.passes(4 * 86_400, step=14_400)

    assert told(loud) == [(who, "begun") for who in (BOB, CAROL, DAN)]
    assert loud.room.only(request.id, "step:reviewed").notice.step == "reviewed"


def test_mail_asks_every_reviewer_at_once(loud: World) -> None:
    loud.open_(mail=True)
    break_(loud)
    loud.pass_()

    assert sorted(loud.postman.sent()) == [BOB, CAROL, DAN]


def test_without_any_channel_each_reviewer_has_a_card(world: World) -> None:
    world.policy = msgspec.structs.replace(glass('"bob@example.com", "carol@example.com"'), channel="")
    break_(world)
    world.pass_()

    assert cards(world) == [ToPerson(BOB), ToPerson(CAROL)]
