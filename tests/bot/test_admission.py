"""Who makes room when there are too many connections, and when they hold too much that nobody vouched for."""

import logging
import resource
import subprocess
import sys

import pytest

from bot.admission import MOST, RESERVE, Admission
from handlers.seldom import Seldom


class Guest:
    def __init__(self, address: str) -> None:
        self.address = address
        self.is_gone = False

    def break_off(self) -> None:
        self.is_gone = True


class House:
    """An admission with room for so many, and whoever came."""

    def __init__(self, *, most: int = 4, unproven: int = 1000) -> None:
        seldom = Seldom(logging.getLogger("countersign.test.door"))
        self.admission = Admission(most=most, seldom=seldom, unproven=unproven)
        self.came: list[Guest] = []

    def guests(self, *addresses: str) -> list[Guest]:
        made = [Guest(address) for address in addresses]
        for one in made:
            self.came.append(one)
            self.admission.came(one)
        return made

    def gone(self) -> list[int]:
        """Which of those that came were broken off, by the order in which they came."""
        return [number for number, one in enumerate(self.came) if one.is_gone]


def test_the_longest_waiting_makes_room_for_the_newest() -> None:
    house = House()
    house.guests("a", "a", "a", "a", "a", "a")

    assert house.gone() == [0, 1]


def test_whoever_is_being_answered_is_not_broken_off() -> None:
    house = House()
    first, *_ = house.guests("a", "a", "a", "a")
    house.admission.asked(first)
    house.guests("a")

    assert house.gone() == [1]


def test_whoever_was_answered_waits_behind_those_that_came_before() -> None:
    house = House()
    first, *_ = house.guests("a", "a", "a", "a")
    house.admission.asked(first)
    house.admission.waits(first)
    house.guests("a", "a", "a")

    assert house.gone() == [1, 2, 3]


def test_the_address_with_the_most_of_them_makes_room() -> None:
    house = House()
    house.guests("slack", "stranger", "stranger", "stranger", "stranger", "stranger")

    assert house.gone() == [1, 2]


def test_where_everybody_is_being_answered_the_newest_is_one_too_many() -> None:
    house = House()
    for one in house.guests("a", "a", "a", "a"):
        house.admission.asked(one)
    house.guests("a")

    assert house.gone() == [4]


def test_a_place_that_was_left_is_free_again() -> None:
    house = House()
    first, *_ = house.guests("a", "a", "a", "a")
    house.admission.left(first)
    house.admission.left(first)
    house.guests("a")
    assert house.gone() == []

    house.guests("a")
    assert house.gone() == [1]


def test_the_largest_unfinished_message_makes_room_for_others() -> None:
    house = House(unproven=1000)
    small, large, newest = house.guests("a", "b", "c")
    house.admission.brought(small, 300)
    house.admission.brought(large, 600)
    house.admission.brought(newest, 200)
    assert house.gone() == [1]

    house.admission.brought(newest, 500)
    assert house.gone() == [1]


def test_a_message_that_came_to_its_end_holds_nothing_more() -> None:
    house = House(unproven=1000)
    first, second = house.guests("a", "b")
    house.admission.brought(first, 900)
    house.admission.asked(first)
    house.admission.brought(second, 900)

    assert house.gone() == []


def room_below(soft: int, hard: int) -> tuple[int, int]:
    """The room that a process finds under these limits, and its limit of open files then."""
    program = (
        "import resource; from bot.admission import room;"
        f" resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}));"
        " print(room(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    found, limit = said.split()
    return int(found), int(limit)


@pytest.mark.parametrize(
    ("soft", "hard", "found"), [(256, 256, 85), (256, 1024, 1024 - RESERVE), (1024, 4096, MOST), (60, 60, 20)]
)
def test_the_limit_of_files_is_raised_and_connections_stay_well_below_it(soft: int, hard: int, found: int) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < hard:
        pytest.skip("this machine allows fewer files")

    assert room_below(soft, hard) == (found, hard)
