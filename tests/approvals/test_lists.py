"""Lists of what waits: quick however much waits, and nobody can bury what others ask."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.access import MOST_OPEN, MOST_PENDING, Access
from approvals.cases import Cases
from approvals.errors import Refused
from approvals.evidence import Witness
from approvals.principals import Account
from approvals.requests import Request
from tests.doubles import TEAM
from tests.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy

MANY = 60


class Hanging:
    """People of whom nothing is heard until the test is over."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def account(self, ref: str, *, timeout: float) -> Account:
        self.over.wait(20)
        raise TimeoutError(ref)

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        self.over.wait(20)
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
    return [request.id for request in world.access.pending(world.identity(person), now=world.clock())]


def test_the_list_of_what_waits_asks_only_about_who_looks(world: World) -> None:
    filed = crowd(world)
    world.people.asked.clear()

    assert seen(world, BOB) == [request.id for request in filed]
    assert world.people.asked == [("member", APPROVERS, BOB)]


def test_the_list_comes_in_time_while_nobody_answers(
    world: World, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.evidence.DEADLINE", 0.1)
    crowd(world)
    with ThreadPoolExecutor(8) as pool:
        witness = Witness(directory=hanging, accounts=hanging, executor=pool)
        cases = Cases(policy=lambda: world.policy, witness=witness, own_team=lambda: TEAM)
        access = Access(store=world.store, tokens=world.tokens, cases=cases, woken=lambda _: None)
        started = time.monotonic()
        found = access.pending(world.identity(BOB), now=world.clock())
        took = time.monotonic() - started
        hanging.over.set()

    assert list(found) == []
    assert took < 2


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
    filed = [world.file(ALICE, "pair") for _ in range(MOST_PENDING)]
    with pytest.raises(Refused, match=f"{MOST_PENDING} open requests"):
        world.file(ALICE, "pair")

    gwens = world.file(GWEN, "pair")
    assert seen(world, CAROL) == [request.id for request in [*filed, gwens]]


def test_a_decision_or_the_end_of_the_time_makes_room_for_another(world: World) -> None:
    filed = [world.file(ALICE, "pair") for _ in range(MOST_PENDING)]
    world.access.withdraw(world.identity(ALICE), filed[0].id, now=world.clock())
    world.file(ALICE, "pair")
    with pytest.raises(Refused):
        world.file(ALICE, "pair")
    world.clock.advance(3600)

    assert world.file(ALICE, "pair").state == "pending"


def test_a_form_that_made_the_last_one_finds_it_when_it_is_repeated(world: World) -> None:
    *_, last = (world.file(ALICE, "pair", key=f"view {number}") for number in range(MOST_PENDING))

    assert world.file(ALICE, "pair", key=f"view {MOST_PENDING - 1}").id == last.id


def test_no_number_of_other_requests_hides_those_that_wait(world: World) -> None:
    waiting = [world.file(ALICE, "pair") for _ in range(MOST_PENDING)]
    world.access.withdraw(world.identity(ALICE), waiting[0].id, now=world.clock())
    for _ in range(310):
        passing = world.file(ALICE, "pair")
        world.access.withdraw(world.identity(ALICE), passing.id, now=world.clock())
    world.file(ALICE, "pair")

    with pytest.raises(Refused, match=f"{MOST_PENDING} open requests"):
        world.file(ALICE, "pair")


def test_one_person_may_hold_so_much_at_once_and_no_more(world: World) -> None:
    held = [world.file(ALICE, "logs") for _ in range(MOST_OPEN)]
    with pytest.raises(Refused, match=f"{MOST_OPEN} requests and accesses at once"):
        world.file(ALICE, "logs")
    world.end(ALICE, held[0])
    world.passes(60)

    assert world.file(ALICE, "logs").state == "approved"
