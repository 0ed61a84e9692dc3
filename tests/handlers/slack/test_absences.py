"""Being away, by the slash command: what was understood is said, and what was not changes nothing."""

import msgspec
import pytest

from tests.handlers.slack.bed import Bed
from tests.handlers.slack.test_commands import say


@pytest.fixture
def bed(bed: Bed) -> Bed:
    bed.policy = msgspec.structs.replace(bed.policy, delegates=("user:bob@example.com",))
    return bed


def standing(bed: Bed, who: str) -> str:
    return say(bed, who, "/jit away")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/jit away until friday to dan@example.com", "dan@example.com may not stand in for others"),
        ("/jit away until friday to carol@example.com", "Nobody stands in for themselves"),
        ("/jit away until friday", "Who stands in for you until Fri "),
        ("/jit away until whenever to bob@example.com", "“whenever” is no time that is understood here"),
        ("/jit away to bob@example.com", "Until when?"),
        ("/jit away until tomorrow to bob", "“bob” is no whole address"),
        ("/jit away until tomorrow to Bob Builder", "“Bob Builder” is no whole address"),
        ("/jit away until tomorrow to @bob", "“@bob” is no whole address"),
        ("/jit away until tomorrow to <@U0BOB|bob>", "“@U0BOB” is no whole address"),
        ("/jit away until tomorrow to bob@example.com dan@example.com", "is no whole address"),
        ("/jit away until tomorrow to b@", "“b@” is no whole address"),
        ("/jit away until 2020-01-01 to bob@example.com", "a time that is still to come"),
        ("/jit back", "You are not away"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(bed: Bed, line: str, said: str) -> None:
    assert said in say(bed, "carol", line)
    assert "You are not away." in standing(bed, "carol")
    assert "write for example /jit away until friday" in standing(bed, "carol")


def test_what_was_understood_is_said_by_the_person_s_own_clocks(bed: Bed) -> None:
    answer = say(bed, "carol", "/jit away until 23:59 to <mailto:bob@example.com|bob@example.com>")

    assert "23:59 (Europe/Berlin), and bob@example.com stands in for you" in answer
    assert "emergencies, which are reviewed in person, you are still asked for" in answer
    assert "You stand in for carol@example.com until " in standing(bed, "bob")


def test_coming_back_ends_it(bed: Bed) -> None:
    say(bed, "carol", "/jit away until tomorrow to bob@example.com")
    assert "bob@example.com does not stand in for you any more" in say(bed, "carol", "/jit back")

    assert "You are not away." in standing(bed, "carol")
    assert "You stand in" not in standing(bed, "bob")
