"""Whose turn it is to approve."""

import pytest

from approvals.policy.model import Requirement
from approvals.refusals.errors import Refused, Unavailable
from approvals.votes.tally import Tally
from tests.approvals.tallies import (
    ALICE,
    BOB,
    CAROL,
    DAN,
    EVE,
    SRE_THEN_SECURITY,
    TWO_OF_SRE,
    counted,
    stage,
    stages,
)
from tests.support.builders import review
from tests.support.refusing import refusing


def refused(found: Tally, person: str, *, signed: bool = False) -> str:
    with pytest.raises(Refused) as caught:
        found.turn(person, signed=signed)
    return caught.value.kind


@pytest.mark.parametrize("person", [ALICE, "a.smith@example.com", "Alice@Example.com"])
def test_it_is_never_the_requester_s_turn(person: str) -> None:
    assert refused(counted(SRE_THEN_SECURITY), person) == "self"
    assert refused(counted(Requirement(kind="self")), person) == "self"


def test_it_is_not_the_turn_of_somebody_who_is_no_approver() -> None:
    assert refused(counted(SRE_THEN_SECURITY), EVE) == "not_approver"


def test_a_later_stage_waits_for_the_earlier_one() -> None:
    found = counted(SRE_THEN_SECURITY)
    assert refused(found, CAROL, signed=True) == "not_yet"
    with refusing("1 of sre must approve first"):
        found.turn(CAROL, signed=True)


def test_an_approver_of_a_stage_that_is_met_is_not_needed() -> None:
    assert refused(counted(SRE_THEN_SECURITY, review(BOB)), DAN) == "not_needed"


def test_nobody_s_turn_comes_once_all_is_met() -> None:
    assert refused(counted(stages(stage("group:sre")), review(BOB)), DAN) == "not_waiting"


def test_a_signature_that_is_demanded_is_asked_for() -> None:
    found = counted(SRE_THEN_SECURITY, review(BOB))
    with refusing(r"^This needs your signature: press Sign and approve\.$"):
        found.turn(CAROL, signed=False)
    assert found.turn(CAROL, signed=True) == 1


def test_somebody_whom_a_later_stage_needs_is_kept_for_it() -> None:
    found = counted(stages(stage(f"user:{BOB}", f"user:{DAN}"), stage(f"user:{BOB}")))
    assert refused(found, BOB) == "needed_later"
    assert found.turn(DAN, signed=False) == 0


def test_nobody_is_kept_for_a_stage_that_cannot_be_met_anyway() -> None:
    found = counted(stages(stage(f"user:{BOB}", f"user:{DAN}"), stage(f"user:{ALICE}")))
    assert found.turn(BOB, signed=False) == 0


def test_somebody_who_voted_without_a_signature_cannot_be_kept_for_a_signed_stage() -> None:
    requirement = stages(stage(f"user:{BOB}", f"user:{DAN}"), stage(f"user:{BOB}", f"user:{EVE}", signed=True))
    found = counted(requirement, review(EVE))
    assert refused(found, BOB) == "needed_later"


def test_a_turn_that_cannot_be_checked_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        counted(stages(stage("group:leads"))).turn(BOB, signed=False)
    with pytest.raises(Unavailable):
        counted(stages(stage("group:sre"), stage("group:leads"))).turn(EVE, signed=False)


def test_a_tally_that_was_not_counted_gives_nobody_a_turn() -> None:
    with pytest.raises(Unavailable):
        Tally(requirement=TWO_OF_SRE, stages=()).turn(BOB, signed=False)
