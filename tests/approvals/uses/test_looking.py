"""Lists of what waits and of what one has: quick however much waits."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from approvals.people.accounts import Account
from approvals.requests import Request
from approvals.uses.looking import Waiting
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy

MANY = 60


class Hanging:
    """People of whom nothing is heard until the test is over."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def account(self, ref: str, *, timeout: float) -> Account:
        self.over.wait(60)
        raise TimeoutError(ref)

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        self.over.wait(60)
        raise TimeoutError(group)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.over.set()


def crowd(world: World) -> list[Request]:
    """A request each of many people."""
    people = [f"u{number}@example.com" for number in range(MANY)]
    for person in people:
        world.people.join(person)
    return [world.file(person, "pair") for person in people]


def test_pending_shows_only_what_this_persons_approval_would_count_for(world: World) -> None:
    alices, bobs, pair = world.file(), world.file(BOB), world.file(GWEN, "pair")
    world.press(CAROL, pair)

    assert world.waiting_for(BOB) == [alices.id, pair.id]
    assert world.waiting_for(CAROL) == [alices.id, bobs.id]
    assert world.waiting_for(GWEN) == []


def test_mine_shows_what_waits_and_what_gives_access(world: World) -> None:
    waiting, active, ended = world.file(), world.granted(minutes=30), world.granted(minutes=30)
    world.end(ALICE, ended)
    found = [request.id for request in world.uses.looking.mine(world.identity(ALICE), now=world.clock())]

    assert sorted(found) == sorted([active.id, waiting.id])


def test_a_list_that_leaves_something_out_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    filed = crowd(world)
    look = partial(world.uses.looking.pending, world.identity(BOB), now=world.clock())
    assert not look().more
    monkeypatch.setattr("approvals.uses.looking.LISTED", MANY - 1)

    assert look() == Waiting(requests=filed[:-1], more=True)


def test_the_list_of_what_waits_asks_only_about_who_looks(world: World) -> None:
    filed = crowd(world)
    world.people.asked.clear()

    assert world.waiting_for(BOB) == [request.id for request in filed]
    assert world.people.asked == [("member", APPROVERS, BOB)]


def test_a_list_of_so_many_is_cut_at_the_oldest_and_says_so(world: World) -> None:
    filed = crowd(world)
    look = partial(world.uses.looking.pending, world.identity(BOB), now=world.clock())

    assert look(most=2) == Waiting(requests=filed[:2], more=False, cut=True)
    assert look(most=MANY) == Waiting(requests=filed, more=False)


def test_what_the_policy_lets_others_decide_is_not_held_against_anything_for_whoever_looks(world: World) -> None:
    world.policy = policy(('"group:approvers@example.com"], needed: 1', '"user:bob@example.com"], needed: 1'))
    request = world.file(ALICE, "admin")

    def looked_at(person: str) -> list[str]:
        cases = world.cases.listed([request], by=world.identity(person), now=world.clock())
        return [case.request.id for case in cases]

    assert looked_at(CAROL) == []
    assert looked_at(BOB) == [request.id]


def test_what_waits_under_a_policy_that_has_come_to_ask_nobody_is_listed_for_those_it_was_filed_with(
    world: World,
) -> None:
    request = world.file(ALICE, "admin")
    stages = '\n      - {approvers: ["group:approvers@example.com"], needed: 1}'
    world.policy = policy((stages, " self"))

    assert world.waiting_for(BOB) == [request.id]


def test_the_list_comes_in_time_while_nobody_answers(
    world: World, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.evidence.DEADLINE", 0.1)
    crowd(world)
    with ThreadPoolExecutor(8) as pool:
        looking = world.core(directory=hanging, accounts={"slack": hanging}, executor=pool).uses.looking
        started = time.monotonic()
        found = looking.pending(world.identity(BOB), now=world.clock()).requests
        took = time.monotonic() - started
        hanging.over.set()

    assert list(found) == []
    assert took < 30


def test_a_later_stage_is_listed_once_the_one_before_is_met(world: World) -> None:
    first = '{approvers: ["group:approvers@example.com"], needed: 1}'
    second = '{approvers: ["group:security@example.com"], needed: 1}'
    world.policy = policy((first, f"{first}\n      - {second}"))
    world.people.groups["security@example.com"] = {DAN}
    world.people.groups[APPROVERS].discard(DAN)
    request = world.file()
    assert world.waiting_for(DAN) == []
    world.press(BOB, request)

    assert world.waiting_for(DAN) == [request.id]
    world.people.groups[APPROVERS].discard(BOB)
    world.clock.advance(61)
    assert world.waiting_for(DAN) == []
