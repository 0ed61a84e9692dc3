"""Lists of what waits: quick however much waits, and nobody can bury what others ask."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from approvals.accounts import Account
from approvals.errors import Refused
from approvals.limits import OPEN, Limits
from approvals.policy.evaluate import Ask
from approvals.requests import Request
from approvals.uses.looking import Waiting
from tests.support.refusing import refusing
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy, refused

MANY = 60
LIMITS = Limits()


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


def seen(world: World, person: str) -> list[str]:
    return [
        request.id for request in world.uses.looking.pending(world.identity(person), now=world.clock()).requests
    ]


def test_a_list_that_leaves_something_out_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    filed = crowd(world)
    look = partial(world.uses.looking.pending, world.identity(BOB), now=world.clock())
    assert not look().more
    monkeypatch.setattr("approvals.uses.looking.LISTED", MANY - 1)

    assert look() == Waiting(requests=filed[:-1], more=True)


def test_the_list_of_what_waits_asks_only_about_who_looks(world: World) -> None:
    filed = crowd(world)
    world.people.asked.clear()

    assert seen(world, BOB) == [request.id for request in filed]
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

    assert seen(world, BOB) == [request.id]


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
    assert seen(world, DAN) == []
    world.press(BOB, request)

    assert seen(world, DAN) == [request.id]
    world.people.groups[APPROVERS].discard(BOB)
    world.clock.advance(61)
    assert seen(world, DAN) == []


def test_one_person_may_have_so_many_requests_waiting_and_no_more(world: World) -> None:
    filed = [world.file(ALICE, "pair") for _ in range(LIMITS.pending)]
    with refusing(f"{LIMITS.pending} requests waiting"):
        world.file(ALICE, "pair")

    gwens = world.file(GWEN, "pair")
    assert seen(world, CAROL) == [request.id for request in [*filed, gwens]]


def test_a_decision_or_the_end_of_the_time_makes_room_for_another(world: World) -> None:
    filed = [world.file(ALICE, "pair") for _ in range(LIMITS.pending)]
    world.uses.ending.withdraw(world.identity(ALICE), filed[0].id, now=world.clock())
    world.file(ALICE, "pair")
    with pytest.raises(Refused):
        world.file(ALICE, "pair")
    world.clock.advance(3600)

    assert world.file(ALICE, "pair").state == "pending"


def test_a_form_that_made_the_last_one_finds_it_when_it_is_repeated(world: World) -> None:
    *_, last = (world.file(ALICE, "pair", key=f"view {number}") for number in range(LIMITS.pending))

    assert world.file(ALICE, "pair", key=f"view {LIMITS.pending - 1}").id == last.id


def test_who_files_and_withdraws_again_and_again_is_held_up_for_the_hour_and_nobody_else_is(world: World) -> None:
    for _ in range(LIMITS.per_hour):
        passing = world.file(ALICE, "pair")
        world.uses.ending.withdraw(world.identity(ALICE), passing.id, now=world.clock())
    with refused("limit"):
        world.file(ALICE, "pair")

    assert world.file(GWEN, "pair").state == "pending"
    world.clock.advance(3600)
    assert world.file(ALICE, "pair").state == "pending"


def test_a_policy_tightens_the_limits(world: World) -> None:
    world.policy = policy(("entitlements:", "limits: {pending: 1, per_hour: 2}\nentitlements:"))
    first = world.file(ALICE, "pair")
    with refused("limit"):
        world.file(ALICE, "pair")
    world.uses.ending.withdraw(world.identity(ALICE), first.id, now=world.clock())
    world.file(ALICE, "logs")

    with refused("limit"):
        world.file(ALICE, "logs")


def test_what_is_refused_as_too_much_costs_no_look_up_and_no_work(world: World) -> None:
    for _ in range(LIMITS.pending):
        world.file(ALICE, "pair")
    world.pass_()
    identity = world.identity(ALICE)
    world.people.asked.clear()
    calls = world.room.calls
    with refused("limit"):
        ask = Ask(entitlement="pair", duration=None, justification="INC-42")
        world.uses.asking.file(identity, ask, key="one more", now=world.clock())

    assert world.reconciler.due() == []
    assert (world.people.asked, world.room.calls) == ([], calls)


def test_one_person_may_hold_so_much_at_once_and_no_more(world: World) -> None:
    held = [world.file(ALICE, "logs", minutes=240) for _ in range(OPEN)]
    world.clock.advance(3600)
    with refusing(f"{OPEN} requests and accesses at once"):
        world.file(ALICE, "logs")
    world.end(ALICE, held[0])
    world.passes(60)

    assert world.file(ALICE, "logs").state == "approved"
