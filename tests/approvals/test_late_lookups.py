"""Look-ups that come late or go wrong: they spoil no other answer, and the next click does not wait for them."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.evidence import Witness
from approvals.people.accounts import Account
from handlers.seldom import Seldom
from tests.support.builders import NOW
from tests.support.clouds import google_with
from tests.support.direct import direct_groups
from tests.support.doubles import Clock, Inline, People, ref
from tests.support.fridays import GROUP
from tests.support.world import APPROVERS, BOB, CAROL, DAN


@pytest.fixture
def people() -> People:
    made = People(Clock())
    made.join(BOB)
    made.groups[APPROVERS] = {BOB, CAROL, DAN}
    return made


class Stuck:
    """A directory whose first answer hangs until `released`."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.begun = 0
        self.released = threading.Event()

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        self.begun += 1
        if self.begun == 1:
            self.released.wait(60)
        return self._people.is_member(group, person, timeout=timeout)


@pytest.fixture
def stuck(people: People) -> Iterator[Stuck]:
    made = Stuck(people)
    yield made
    made.released.set()


def test_what_has_not_begun_in_time_is_never_begun(
    people: People, stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.evidence.DEADLINE", 0.1)
    with ThreadPoolExecutor(1) as pool:
        witness = Witness(directory=stuck, accounts=people, executor=pool)
        pairs = [(APPROVERS, person) for person in (BOB, CAROL, DAN)]
        found = witness.gather(memberships=pairs, accounts=[], now=NOW)
        assert [found.memberships.holds(*pair) for pair in pairs] == ["unknown"] * 3
        monkeypatch.setattr("approvals.evidence.DEADLINE", 60.0)
        stuck.released.set()
        after = witness.gather(memberships=[(APPROVERS, DAN)], accounts=[], now=NOW)

    assert after.memberships.holds(APPROVERS, DAN) == "yes"
    # The one that hung, and the one that was asked afterwards.
    assert stuck.begun == 2


@pytest.mark.parametrize("error", [KeyError("name"), ValueError("odd"), RecursionError()], ids=repr)
def test_one_odd_answer_is_unknown_and_leaves_the_others(people: People, error: Exception) -> None:
    class Odd:
        def is_member(self, group: str, person: str, *, timeout: float) -> bool:
            if group != APPROVERS:
                raise error
            return people.is_member(group, person, timeout=timeout)

        def account(self, ref: str, *, timeout: float) -> Account:
            raise error

    witness = Witness(directory=Odd(), accounts=Odd(), executor=Inline())
    pairs = [("odd@example.com", BOB), (APPROVERS, BOB)]
    found = witness.gather(memberships=pairs, accounts=[ref(BOB)], now=NOW)

    assert [found.memberships.holds(*pair) for pair in pairs] == ["unknown", "yes"]
    assert found.accounts == {}


def test_a_group_that_nobody_may_read_is_warned_of_once_a_minute(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asks for it asks again and again, and it is no mistake of the program's."""
    google, clock = google_with(), Clock()
    google.remove_group(GROUP)
    seldom = Seldom(logging.getLogger("door"), clock=lambda: clock().timestamp())
    witness = Witness(
        directory=people, accounts=people, executor=Inline(), standing=direct_groups(google), warn=seldom.warn
    )
    for person in (BOB, CAROL, DAN):
        assert witness.gather(memberships=[], accounts=[], own=[(GROUP, person)], now=NOW).own == {}
    clock.advance(61)
    seldom.flush()

    found = [(each.levelno, each.getMessage()) for each in caplog.records]
    said = f"a look-up failed: group.hidden (group='{GROUP}')"
    assert found == [(logging.WARNING, said), (logging.WARNING, f"{said} (2 more since this was said last)")]


def test_a_mistake_of_the_program_is_an_error_with_its_place(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def is_member(self, group: str, person: str, *, timeout: float) -> bool:
            raise KeyError(person)

    witness = Witness(directory=Broken(), accounts=people, executor=Inline())
    witness.gather(memberships=[(APPROVERS, BOB)], accounts=[], now=NOW)

    (record,) = caplog.records
    assert (record.levelno, record.exc_info is not None) == (logging.ERROR, True)
