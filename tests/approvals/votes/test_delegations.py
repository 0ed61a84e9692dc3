"""Random delegations and votes: nobody counts twice, and no delegation that ends makes anything met."""

from datetime import timedelta
from itertools import combinations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.people.memberships import NOTHING_KNOWN
from approvals.people.standins import NOBODY_AWAY, Absence, StandIns
from approvals.policy.model import Requirement
from approvals.refusals.errors import Refused
from approvals.reviews import Review
from approvals.votes.tally import Tally, tally
from tests.approvals.tallies import ALICE, BOB, CAROL, DAN, EVE, POLICY, stage, stages
from tests.support.builders import NOW, review

EVERYBODY = (ALICE, BOB, CAROL, DAN, EVE)
RULES = msgspec.structs.replace(POLICY, delegates=("domain:example.com",))
absences = st.dictionaries(st.sampled_from(EVERYBODY), st.sampled_from(EVERYBODY), max_size=4).map(
    lambda found: StandIns(
        absences=tuple(
            Absence(person=who, delegate=other, since=NOW, until=NOW + timedelta(hours=1))
            for who, other in found.items()
            if who != other
        )
    )
)
requirements = st.lists(
    st.builds(
        lambda people, needed: stage(*people, needed=needed),
        st.lists(st.sampled_from(EVERYBODY[1:]), min_size=1, max_size=4, unique=True),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=3,
).map(lambda found: stages(*found))


@st.composite
def votes(draw: st.DrawFn) -> tuple[Review, ...]:
    """Votes that were cast one after the other, each while some delegations lasted."""
    found = []
    for number, person in enumerate(draw(st.lists(st.sampled_from(EVERYBODY), max_size=5, unique=True))):
        then = draw(absences)
        behalf = draw(st.sampled_from(("", *then.by(person))))
        cast = review(person, at=NOW + timedelta(minutes=number))
        found.append(msgspec.structs.replace(cast, behalf=behalf, beside=then.beside(person)))
    return tuple(found)


def counted(requirement: object, cast: tuple[Review, ...], standins: StandIns) -> Tally:
    return tally(
        requirement,  # type: ignore[arg-type]
        cast,
        requester=ALICE,
        policy=RULES,
        memberships=NOTHING_KNOWN,
        standins=standins,
    )


def is_met(found: Tally) -> bool:
    try:
        found.met()
    except Refused:
        return False
    return True


@settings(deadline=None)
@given(requirement=requirements, cast=votes(), standins=absences)
def test_no_two_who_are_one_person_count(
    requirement: object, cast: tuple[Review, ...], standins: StandIns
) -> None:
    found = counted(requirement, cast, standins)
    people = [who for each in found.stages for who in each.counted]
    said = {vote.person: {*vote.beside, vote.behalf} for vote in cast}

    assert len(people) == len(set(people))
    assert ALICE not in people
    assert not [pair for pair in combinations(people, 2) if pair[0] in said[pair[1]] or pair[1] in said[pair[0]]]


@settings(deadline=None)
@given(requirement=requirements, cast=votes(), standins=absences)
def test_whoever_counts_has_a_right_of_their_own_or_of_one_who_is_away_and_did_not_ask(
    requirement: object, cast: tuple[Review, ...], standins: StandIns
) -> None:
    found = counted(requirement, cast, standins)
    behalf = {vote.person: vote.behalf for vote in cast}
    for asked, one in zip(found.requirement.stages, found.stages, strict=True):
        named = {who.removeprefix("user:") for who in asked.approvers}
        for person in one.counted:
            stands = behalf[person] in named and behalf[person] != ALICE and behalf[person] in standins.by(person)
            assert person in named or stands
    assert not is_met(found) or all(len(set(one.counted)) >= one.needed for one in found.stages)


@settings(deadline=None)
@given(requirement=requirements, cast=votes(), standins=absences, gone=st.integers(0, 3))
def test_a_delegation_that_ends_makes_nothing_met(
    requirement: object, cast: tuple[Review, ...], standins: StandIns, gone: int
) -> None:
    left = msgspec.structs.replace(
        standins, absences=tuple(each for at, each in enumerate(standins.absences) if at != gone)
    )
    assert is_met(counted(requirement, cast, standins)) >= is_met(counted(requirement, cast, left))


@settings(deadline=None)
@given(requirement=requirements, cast=votes(), standins=absences, person=st.sampled_from(EVERYBODY))
def test_less_never_turns_a_no_into_a_yes(
    requirement: Requirement, cast: tuple[Review, ...], standins: StandIns, person: str
) -> None:
    """A denial more, a vote less, an approver less."""
    before = is_met(counted(requirement, cast, standins))
    assert before >= is_met(counted(requirement, denied(cast, person), standins))
    assert before >= is_met(counted(requirement, tuple(each for each in cast if each.person != person), standins))
    assert before >= is_met(counted(without(requirement, person), cast, standins))


def test_of_two_who_are_one_person_the_one_counts_who_is_needed() -> None:
    """Bob has approved before Carol, who stands in for him; Dan can take his place, and nobody hers."""
    requirement = stages(stage(f"user:{BOB}", f"user:{DAN}"), stage(f"user:{CAROL}"))
    away = StandIns(absences=(Absence(person=BOB, delegate=CAROL, since=NOW, until=NOW + timedelta(hours=1)),))
    cast = tuple(
        msgspec.structs.replace(review(who, at=NOW + timedelta(minutes=minute)), beside=away.beside(who))
        for minute, who in enumerate((BOB, DAN, CAROL))
    )

    assert is_met(counted(requirement, cast, away))
    assert is_met(counted(without(requirement, BOB), cast, away))
    assert is_met(counted(requirement, denied(cast, BOB), away))
    assert not is_met(counted(requirement, (cast[0], cast[2]), away))


def denied(cast: tuple[Review, ...], person: str) -> tuple[Review, ...]:
    return (*cast, review(person, verdict="deny", at=NOW + timedelta(minutes=50)))


def without(requirement: Requirement, person: str) -> Requirement:
    """Nobody's stage names them any more."""
    gone = f"user:{person}"
    fewer = (
        msgspec.structs.replace(each, approvers=tuple(who for who in each.approvers if who != gone))
        for each in requirement.stages
    )
    return msgspec.structs.replace(requirement, stages=tuple(fewer))


@pytest.mark.parametrize(("apart", "counts"), [("", True), ("group:sre", False)])
def test_whoever_stands_in_is_still_of_the_requester_s_own_team(apart: str, *, counts: bool) -> None:
    away = StandIns(absences=(Absence(person=CAROL, delegate=BOB, since=NOW, until=NOW + timedelta(hours=1)),))
    cast = msgspec.structs.replace(review(BOB), behalf=CAROL, beside=(CAROL,))
    assert is_met(counted(stages(stage(f"user:{CAROL}", apart=apart)), (cast,), away)) is counts


BOTH = stages(stage(f"user:{BOB}", f"user:{CAROL}", needed=2))


@pytest.mark.parametrize("second", [False, True])
def test_of_two_votes_by_who_counts_as_one_the_first_counts_whichever_says_it(*, second: bool) -> None:
    first, later = review(BOB), review(CAROL, at=NOW + timedelta(minutes=1))
    said = msgspec.structs.replace(later if second else first, beside=(BOB if second else CAROL,))
    cast = (first, said) if second else (said, later)

    found = counted(BOTH, cast, NOBODY_AWAY)
    assert [each.counted for each in found.stages] == [(BOB,)]
    assert not is_met(found)


def test_a_right_of_one_s_own_goes_before_another_s_whoever_voted_first() -> None:
    cast = (
        msgspec.structs.replace(review(DAN), behalf=CAROL, beside=(CAROL,)),
        review(CAROL, at=NOW + timedelta(minutes=1)),
    )
    away = StandIns(absences=(Absence(person=CAROL, delegate=DAN, since=NOW, until=NOW + timedelta(hours=1)),))
    assert [each.counted for each in counted(BOTH, cast, away).stages] == [(CAROL,)]
