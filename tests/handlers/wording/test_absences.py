"""What somebody reads of their own absence, and of those for whom they stand in."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from approvals.people.standins import Absence
from approvals.uses.standing_in import Own
from handlers.wording.absences import standing
from tests.support.builders import NOW

ALICE, BOB, DAN = (f"{name}@example.com" for name in ("alice", "bob", "dan"))


def absence(person: str, delegate: str) -> Absence:
    return Absence(person=person, delegate=delegate, since=NOW, until=NOW + timedelta(days=1))


def said(own: Own) -> str:
    return " ".join(standing(own, ZoneInfo("UTC")))


def test_whoever_leaves_while_they_stand_in_reads_that_nobody_does_that_for_them() -> None:
    """One step: who stands in for them does not stand in for others in their place."""
    still = "Nobody does that in your place: you are still asked for it."
    both = said(Own(absence=absence(BOB, DAN), by=(absence(ALICE, BOB),)))

    assert f"You stand in for {ALICE} until " in both
    assert still in both
    assert still not in said(Own(absence=absence(BOB, DAN), by=()))
    assert still not in said(Own(absence=None, by=(absence(ALICE, BOB),)))
