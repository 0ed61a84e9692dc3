"""Who stands in is told so once, and what waits is looked at when an absence begins or is over."""

from datetime import timedelta

import pytest

from approvals import absences
from approvals.ports.messages import ChannelError
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.telling.news import StandsIn, StandsInNoMore
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, World, policy

DELEGATES = ("entitlements:\n", f"delegates: [{DAN}, {CAROL}, {ALICE}]\nentitlements:\n")
NAMED = ("group:approvers@example.com", f"user:{BOB}")
DIRECT = ('  channel: "#access"\n', "")


@pytest.fixture
def world(world: World) -> World:
    world.policy = policy(DELEGATES, NAMED, DIRECT)
    world.people.groups[APPROVERS] = {BOB, CAROL}
    return world


def leave(world: World, delegate: str = DAN, *, hours: float = 8, who: str = BOB) -> None:
    until = world.clock() + timedelta(hours=hours)
    world.uses.standing_in.leave(world.identity(who), until=until, delegate=delegate, now=world.clock())


def back(world: World, who: str = BOB) -> None:
    world.uses.standing_in.back(world.identity(who), now=world.clock())


def heard(world: World) -> list[tuple[str, str]]:
    """Who was told what, in order."""
    kinds = {StandsIn: "stands in", StandsInNoMore: "no more"}
    return [(to, kinds[type(each)]) for to, each in world.room.heard if type(each) in kinds]


def carded(world: World, request: Request) -> set[str]:
    """On whose card something can be pressed."""
    found = [each for each in world.room.of(request.id) if each.notice.kind == "card" and each.token]
    return {each.notice.key.removeprefix("card:") for each in found}


# --- who hears nothing


def test_nobody_is_told_twice_however_often_it_is_looked_at(world: World) -> None:
    leave(world)
    world.passes(300)
    world.restart()
    world.passes(300)

    assert heard(world) == [(DAN, "stands in")]


def test_when_it_ends_by_its_time_nobody_is_told_what_they_know(world: World) -> None:
    leave(world, hours=1)
    world.passes(3700)

    assert heard(world) == [(DAN, "stands in")]


def test_what_is_over_before_anybody_was_told_is_told_to_nobody(world: World) -> None:
    leave(world)
    back(world)
    world.passes(120)

    assert heard(world) == []


def test_whom_nothing_reaches_is_tried_no_more_and_keeps_nobody_else_from_being_told(world: World) -> None:
    world.room.shut.add(DAN)
    leave(world)
    leave(world, ALICE, who=CAROL)
    world.passes(300)

    assert heard(world) == [(ALICE, "stands in")]


def test_what_is_over_when_the_chat_is_there_again_is_told_to_nobody(world: World) -> None:
    leave(world, hours=0.05)
    world.room.faults = [Unavailable("away", retry_after=200)]
    world.passes(400)

    assert heard(world) == []


# --- who is told


def test_a_delegate_is_told_when_it_ends_early(world: World) -> None:
    leave(world)
    world.pass_()
    back(world)
    world.pass_()

    assert heard(world) == [(DAN, "stands in"), (DAN, "no more")]


@pytest.mark.parametrize("ended", ["by the policy", "by a restore", "by the service"])
def test_whatever_ends_it_early_the_delegate_is_told_within_a_minute(world: World, ended: str) -> None:
    leave(world)
    world.pass_()
    if ended == "by the policy":
        world.policy = policy(NAMED, DIRECT)
    elif ended == "by a restore":
        world.cases.generation = lambda: "another"
    else:
        absences.end_of(world.store, {BOB}, by="countersign", now=world.clock())
    world.passes(60)

    assert heard(world) == [(DAN, "stands in"), (DAN, "no more")]


def test_whoever_is_named_in_the_place_of_another_is_told_and_so_is_the_other(world: World) -> None:
    leave(world)
    world.pass_()
    leave(world, CAROL)
    world.passes(120)

    assert sorted(heard(world)) == [(CAROL, "stands in"), (DAN, "no more"), (DAN, "stands in")]


def test_a_longer_absence_is_told_with_its_new_end(world: World) -> None:
    leave(world)
    world.pass_()
    leave(world, hours=20)
    world.pass_()

    ends = [each.until - world.clock() for _, each in world.room.heard if isinstance(each, StandsIn)]
    assert ends == [timedelta(hours=8), timedelta(hours=20)]


def test_a_chat_that_is_away_is_asked_again_and_tells_in_the_end(world: World) -> None:
    leave(world)
    world.room.faults = [Unavailable("away")] * 3
    world.passes(120)

    assert heard(world) == [(DAN, "stands in")]


def test_who_dies_between_sending_and_noting_tells_it_once_more_and_no_oftener(world: World) -> None:
    plain = world.store.save
    died: list[bool] = []

    def dying(lease: object, body: bytes) -> object:
        if world.room.heard and not died:
            died.append(True)
            raise Unavailable("the process is gone")
        return plain(lease, body)  # type: ignore[arg-type]

    world.store.save = dying  # type: ignore[method-assign,assignment]
    leave(world)
    world.passes(300)

    assert died
    assert heard(world) == [(DAN, "stands in")] * 2


def test_who_dies_before_anything_was_woken_tells_it_within_a_minute(world: World) -> None:
    world.reconciler.next(kind="absences", running=(), limit=1, each=1)
    world.pass_()
    wake = world.store.wake
    world.store.wake = lambda *_, **__: None  # type: ignore[method-assign]
    leave(world)
    world.store.wake = wake  # type: ignore[method-assign]
    request = world.file()
    world.passes(75)

    assert heard(world) == [(DAN, "stands in")]
    assert carded(world, request) == {DAN}


def test_whom_the_chat_does_not_reach_is_told_by_mail(world: World) -> None:
    world.open_(mail=True)
    world.room.shut.add(DAN)
    leave(world)
    world.passes(60)
    back(world)
    world.passes(60)

    assert heard(world) == []
    assert [(to, type(each)) for to, each in world.postman.heard] == [(DAN, StandsIn), (DAN, StandsInNoMore)]


def test_whom_mail_does_not_reach_either_is_said_by_what_the_chat_said(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.open_(mail=True)
    world.room.shut.add(DAN)
    world.postman.refuses[DAN] = ChannelError("no mailbox")
    leave(world)
    world.passes(60)

    assert world.postman.heard == []
    assert f"{DAN} was not told for whom they stand in, and never will be: {DAN}: channel_not_found" in caplog.text


# --- what waits


@pytest.mark.parametrize("ended", ["by time", "early"])
def test_what_waits_is_asked_of_who_is_back_at_once_and_of_who_stood_in_no_more(world: World, ended: str) -> None:
    leave(world, hours=0.5)
    world.pass_()
    request = world.file()
    world.pass_()
    assert carded(world, request) == {DAN}

    if ended == "early":
        back(world)
    else:
        world.clock.advance(1800)
    assert world.read(request).state == "pending"
    for subject in world.reconciler.due(kind="absences"):
        world.reconciler.subject(subject)
    assert f"request:{request.id}" in world.reconciler.due()
    world.pass_()

    assert carded(world, request) == {BOB}


def test_the_end_is_looked_at_when_it_comes_and_not_only_within_a_minute(world: World) -> None:
    leave(world, hours=0.025)
    world.passes(75)
    world.clock.advance(15)

    assert absences.SUBJECT in world.reconciler.due(kind="absences")
