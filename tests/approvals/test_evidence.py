"""What is looked up at a click: in time, at most a minute old, and never guessed."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest

from approvals.evidence import Witness
from approvals.people.accounts import Account
from approvals.people.principals import EVIDENCE_AGE
from approvals.ports.people import Accounts, Directory
from approvals.refusals.errors import Unavailable
from tests.support.builders import NOW
from tests.support.doubles import Clock, Inline, People, ref
from tests.support.world import APPROVERS, BOB, CAROL

PAIR = (APPROVERS, BOB)


@pytest.fixture
def people() -> People:
    made = People(Clock())
    made.join(BOB)
    made.groups[APPROVERS] = {BOB}
    return made


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


class Slow:
    """People of whom some take their time."""

    def __init__(self, people: People, *slow: str) -> None:
        self._people = people
        self._slow = slow
        self.released = threading.Event()

    def account(self, ref: str, *, timeout: float) -> Account:
        self._wait(ref)
        return self._people.account(ref, timeout=timeout)

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        self._wait(person)
        return self._people.is_member(group, person, timeout=timeout)

    def _wait(self, who: str) -> None:
        if who in self._slow:
            self.released.wait(60)


def inline(people: People) -> Witness:
    return Witness(directory=people, accounts=people, executor=Inline())


def test_a_slow_directory_does_not_hold_a_click_beyond_the_deadline(
    people: People, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.evidence.DEADLINE", 4.0)
    slow = Slow(people, CAROL)
    witness = Witness(directory=slow, accounts=slow, executor=pool)
    started = time.monotonic()
    found = witness.gather(memberships=[PAIR, (APPROVERS, CAROL)], accounts=[ref(BOB)], now=NOW)
    took = time.monotonic() - started
    slow.released.set()

    assert took < 30
    assert found.memberships.holds(*PAIR) == "yes"
    assert found.memberships.holds(APPROVERS, CAROL) == "unknown"
    assert set(found.accounts) == {ref(BOB)}


def test_everything_is_asked_side_by_side(people: People, pool: ThreadPoolExecutor) -> None:
    barrier = threading.Barrier(4)

    class Together(Slow):
        def _wait(self, who: str) -> None:
            barrier.wait(60)

    together = Together(people)
    witness = Witness(directory=together, accounts=together, executor=pool)
    pairs = [(APPROVERS, f"{name}@example.com") for name in ("bob", "carol", "dan")]
    found = witness.gather(memberships=pairs, accounts=[ref(BOB)], now=NOW)

    assert [found.memberships.holds(*pair) for pair in pairs] == ["yes", "no", "no"]


def test_what_cannot_be_known_is_unknown_and_not_remembered(people: People) -> None:
    witness = inline(people)
    people.down = True
    found = witness.gather(memberships=[PAIR], accounts=[ref(BOB)], now=NOW)
    assert (found.memberships.holds(*PAIR), found.accounts) == ("unknown", {})
    people.down = False

    assert witness.gather(memberships=[PAIR], accounts=[], now=NOW).memberships.holds(*PAIR) == "yes"


def test_a_group_that_does_not_exist_holds_nobody(people: People) -> None:
    found = inline(people).gather(memberships=[("other@example.com", BOB)], accounts=[], now=NOW)

    assert found.memberships.holds("other@example.com", BOB) == "no"


def test_an_account_that_does_not_exist_is_known_to_be_gone(people: People) -> None:
    assert inline(people).gather(memberships=[], accounts=["slack:T/U"], now=NOW).accounts == {"slack:T/U": None}


def test_an_answer_is_asked_for_once_in_a_minute(people: People) -> None:
    witness = inline(people)
    for seconds in (0, 30, 60):
        witness.gather(memberships=[PAIR, PAIR], accounts=[ref(BOB)], now=NOW + timedelta(seconds=seconds))

    assert people.asked == [("member", *PAIR), ("account", ref(BOB))]


def test_an_answer_older_than_a_minute_is_not_used(people: People) -> None:
    witness = inline(people)
    witness.gather(memberships=[PAIR], accounts=[], now=NOW)
    people.groups[APPROVERS].discard(BOB)
    still = witness.gather(memberships=[PAIR], accounts=[], now=NOW + EVIDENCE_AGE)
    now = witness.gather(memberships=[PAIR], accounts=[], now=NOW + EVIDENCE_AGE + timedelta(seconds=1))

    assert (still.memberships.holds(*PAIR), now.memberships.holds(*PAIR)) == ("yes", "no")
    people.down = True
    later = witness.gather(memberships=[PAIR], accounts=[], now=NOW + timedelta(hours=1))
    assert later.memberships.holds(*PAIR) == "unknown"


def test_a_clock_set_back_makes_no_answer_live_longer(people: People) -> None:
    witness = inline(people)
    witness.gather(memberships=[PAIR], accounts=[], now=NOW + timedelta(hours=1))
    people.down = True

    assert witness.gather(memberships=[PAIR], accounts=[], now=NOW).memberships.holds(*PAIR) == "unknown"


def test_an_account_is_as_old_as_it_says(people: People) -> None:
    class Stale:
        def account(self, ref: str, *, timeout: float) -> Account:
            return msgspec.structs.replace(people.accounts[ref], read_at=NOW - timedelta(seconds=61))

        def is_member(self, group: str, person: str, *, timeout: float) -> bool:
            raise Unavailable("not asked")

    stale: Accounts = Stale()
    directory: Directory = Stale()
    witness = Witness(directory=directory, accounts=stale, executor=Inline())

    assert witness.gather(memberships=[], accounts=[ref(BOB)], now=NOW).accounts == {}


def test_what_others_have_forgotten_meanwhile_still_counts_for_this_click(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.evidence._ROOM", 0)
    witness = inline(people)
    witness.gather(memberships=[PAIR], accounts=[], now=NOW)
    # There is room for nothing: looking Carol up makes everything forgotten that was known before.
    found = witness.gather(memberships=[PAIR, (APPROVERS, CAROL)], accounts=[], now=NOW)

    assert (found.memberships.holds(*PAIR), found.memberships.holds(APPROVERS, CAROL)) == ("yes", "no")
    assert people.asked == [("member", *PAIR), ("member", APPROVERS, CAROL)]


def test_clicks_that_make_each_other_forget_all_get_their_answers(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.evidence._ROOM", 0)
    witness = inline(people)

    def click(number: int) -> str:
        pairs = [PAIR, (APPROVERS, f"p{number}@example.com")]
        return witness.gather(memberships=pairs, accounts=[], now=NOW).memberships.holds(*PAIR)

    with ThreadPoolExecutor(8) as clicks:
        assert set(clicks.map(click, range(2000))) == {"yes"}


def test_a_mistake_of_the_program_is_no_answer(people: People) -> None:
    class Broken(Slow):
        def _wait(self, who: str) -> None:
            raise KeyError(who)

    broken = Broken(people)
    witness = Witness(directory=broken, accounts=broken, executor=Inline())
    evidence = witness.gather(memberships=[PAIR], accounts=[], now=NOW)

    assert evidence.memberships.holds(*PAIR) == "unknown"
