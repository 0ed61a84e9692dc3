"""Stages that are open side by side, and those that keep the requester's own team out."""

from itertools import permutations
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.people.memberships import Memberships
from approvals.policy.model import Policy, Requirement
from approvals.refusals.errors import Refused, Unavailable
from approvals.reviews import Review
from approvals.votes.tally import Tally, tally
from tests.approvals.tallies import (
    ALICE,
    BOB,
    CAROL,
    DAN,
    EVE,
    LEADS,
    POLICY,
    SIGNED,
    beside,
    counted,
    later,
    stage,
    stages,
)
from tests.support.builders import review

GROUPS = {
    "db": (f"user:{BOB}", f"user:{DAN}"),
    "net": (f"user:{BOB}",),
    "ops": (f"user:{CAROL}", f"user:{EVE}"),
    "team": (f"user:{ALICE}", f"user:{BOB}"),
}
OURS = msgspec.structs.replace(POLICY, groups=GROUPS)
ONE_OF_EACH = stages(beside("group:db"), beside("group:net"), beside("group:ops"))
NOT_OF_THE_TEAM = stages(stage(f"user:{BOB}", f"user:{CAROL}", apart="group:team"))
NOT_A_LEAD = stages(stage(f"user:{BOB}", apart="group:leads"))
LEADS_ONLY = msgspec.structs.replace(OURS, groups={**GROUPS, "leads": (f"group:{LEADS}",)})


def refused(found: Tally, person: str, *, signed: bool = False) -> str:
    with pytest.raises(Refused) as caught:
        found.turn(person, signed=signed)
    return caught.value.code


def met(requirement: Requirement, *cast: Review, policy: Policy = OURS, known: Memberships | None = None) -> bool:
    try:
        counted(requirement, *cast, policy=policy, memberships=known or Memberships()).met()
    except Refused:
        return False
    return True


# --- what must be refused ------------------------------------------------------------------------


def test_somebody_in_two_of_the_groups_gives_one_approval() -> None:
    found = counted(ONE_OF_EACH, review(BOB), later(CAROL), policy=OURS)
    assert sum(len(one.counted) for one in found.stages) == 2
    assert not met(ONE_OF_EACH, review(BOB), later(CAROL))
    assert not met(stages(beside("group:db"), beside("group:net")), review(BOB), later(BOB, 2))


def test_the_stage_after_those_side_by_side_waits_for_all_of_them() -> None:
    found = counted(stages(stage("group:db"), beside("group:ops"), stage("group:net")), review(DAN), policy=OURS)
    assert found.open_places == (1,)
    assert refused(found, BOB) == "not_yet"


def test_who_is_in_the_requester_s_own_team_does_not_count() -> None:
    assert not met(NOT_OF_THE_TEAM, review(BOB))
    assert met(NOT_OF_THE_TEAM, review(CAROL))
    assert refused(counted(NOT_OF_THE_TEAM, policy=OURS), BOB) == "not_approver.same"


def test_whoever_is_in_it_counts_for_somebody_who_is_not() -> None:
    assert counted(NOT_OF_THE_TEAM, review(BOB), requester=DAN, policy=OURS).met().people == (BOB,)


@pytest.mark.parametrize(
    ("alice", "bob", "counts"),
    [
        (True, True, "no"),
        (True, False, "yes"),
        (False, True, "yes"),
        (None, False, "yes"),
        (False, None, "yes"),
        (None, True, "unknown"),
        (True, None, "unknown"),
    ],
)
def test_a_team_that_the_directory_knows_counts_as_far_as_it_answers(
    alice: bool | None, bob: bool | None, counts: str
) -> None:
    answers = {(LEADS, who): said for who, said in ((ALICE, alice), (BOB, bob)) if said is not None}
    found = counted(NOT_A_LEAD, review(BOB), policy=LEADS_ONLY, memberships=Memberships(answers=answers))
    assert (found.stages[0].counted == (BOB,)) is (counts == "yes")
    assert (found.stages[0].unknown == (BOB,)) is (counts == "unknown")


def test_the_owner_of_a_service_account_brings_their_team_along() -> None:
    robot = "robot@shop-prod.iam.gserviceaccount.com"
    identity = msgspec.structs.replace(OURS.identity, service_accounts={robot: (ALICE,)})
    policy = msgspec.structs.replace(OURS, identity=identity)
    found = tally(
        NOT_OF_THE_TEAM, [review(BOB)], requester=robot, owners=(ALICE,), policy=policy, memberships=Memberships()
    )
    assert found.stages[0].counted == ()


def test_the_only_one_who_can_sign_does_not_approve_without_a_signature() -> None:
    found = counted(stages(stage("group:db"), beside("group:net", signed=True)), policy=OURS)
    assert refused(found, BOB) == "needed_later"
    assert found.turn(BOB, signed=True) in (0, 1)
    assert found.turn(DAN, signed=False) == 0


# --- what must not be refused --------------------------------------------------------------------


@pytest.mark.parametrize("order", [*permutations((BOB, DAN, CAROL))])
def test_the_order_of_votes_blocks_nothing_that_can_be_reached(order: tuple[str, ...]) -> None:
    cast: list[Review] = []
    for minute, person in enumerate(order):
        counted(ONE_OF_EACH, *cast, policy=OURS).turn(person, signed=False)
        cast.append(later(person, minute))
    assert met(ONE_OF_EACH, *cast)


def test_one_more_of_a_group_that_is_met_counts_where_somebody_of_it_can_move() -> None:
    found = counted(ONE_OF_EACH, review(BOB), policy=OURS)
    assert found.turn(DAN, signed=False) == 0
    three = stages(stage("group:db", f"user:{EVE}"), beside("group:net"), beside(f"user:{CAROL}"))
    assert refused(counted(three, review(BOB), later(DAN), policy=OURS), EVE) == "not_needed"


def test_all_who_are_open_side_by_side_have_their_turn_at_once() -> None:
    found = counted(ONE_OF_EACH, policy=OURS)
    assert found.open_places == (0, 1, 2)
    assert [found.turn(person, signed=False) for person in (DAN, CAROL)] == [0, 2]


def test_a_tally_could_be_met_where_who_must_be_checked_sets_somebody_else_free() -> None:
    requirement = stages(stage("group:leads", f"user:{BOB}"), beside(f"user:{BOB}"))
    found = counted(requirement, review(BOB), later(DAN), policy=LEADS_ONLY)
    assert found.looks_met
    assert found.open_step == range(2)


# --- whatever policy and votes are ---------------------------------------------------------------

EVERYBODY = (ALICE, BOB, CAROL, DAN, EVE)
SELECTORS = ("group:db", "group:net", "group:ops", "group:leads", f"user:{EVE}", "domain:example.com")
requirements = st.lists(
    st.builds(
        lambda approvers, needed, signed, order, apart: stage(
            *approvers, needed=needed, signed=signed, beside=order, apart=apart
        ),
        st.lists(st.sampled_from(SELECTORS), min_size=1, max_size=3),
        st.integers(min_value=1, max_value=2),
        st.booleans(),
        st.booleans(),
        st.sampled_from(("", "", "group:team", "group:leads")),
    ),
    min_size=1,
    max_size=4,
).map(lambda found: stages(*found))
approvals = st.lists(
    st.tuples(st.sampled_from(EVERYBODY), st.booleans(), st.integers(min_value=0, max_value=9)),
    unique_by=lambda vote: vote[0],
    max_size=5,
).map(lambda votes: [later(who, at, attestation=SIGNED if signed else None) for who, signed, at in votes])
directories = st.dictionaries(st.sampled_from([(LEADS, who) for who in EVERYBODY]), st.booleans()).map(
    lambda answers: Memberships(answers=answers)
)


def by_trying(requirement: Requirement, cast: list[Review], known: Memberships) -> bool:
    """The same by trying every order of people on the places."""
    basis = counted(requirement, *cast, policy=LEADS_ONLY, memberships=known).basis
    assert basis is not None
    places = [index for index, each in enumerate(requirement.stages) for _ in range(each.needed)]
    people = [vote.person for vote in cast]
    return any(
        all(basis.answers[index].get(person) == "yes" for person, index in zip(order, places, strict=True))
        for order in permutations(people, len(places))
    )


@given(requirements, approvals, directories)
def test_it_is_met_exactly_when_distinct_people_can_fill_every_place(
    requirement: Requirement, cast: list[Review], known: Memberships
) -> None:
    assert met(requirement, *cast, policy=LEADS_ONLY, known=known) == by_trying(requirement, cast, known)


@given(requirements, approvals, directories, st.randoms(use_true_random=False))
def test_any_order_of_the_same_votes_comes_to_the_same(
    requirement: Requirement, cast: list[Review], known: Memberships, random: Random
) -> None:
    times = [vote.at for vote in cast]
    random.shuffle(times)
    other = [msgspec.structs.replace(vote, at=at) for vote, at in zip(cast, times, strict=True)]
    assert met(requirement, *cast, policy=LEADS_ONLY, known=known) == met(
        requirement, *other, policy=LEADS_ONLY, known=known
    )


@given(requirements, approvals, directories, st.sampled_from(EVERYBODY))
def test_less_never_turns_a_no_into_a_yes(
    requirement: Requirement, cast: list[Review], known: Memberships, person: str
) -> None:
    if met(requirement, *cast, policy=LEADS_ONLY, known=known):
        return
    gone = {
        name: tuple(who for who in members if who != f"user:{person}")
        for name, members in LEADS_ONLY.groups.items()
    }
    gone["team"], gone["leads"] = LEADS_ONLY.groups["team"], LEADS_ONLY.groups["leads"]
    fewer = msgspec.structs.replace(LEADS_ONLY, groups=gone)
    denial = review(person, verdict="deny", at=later(person, 60).at)
    assert not met(requirement, *(vote for vote in cast if vote.person != person), policy=LEADS_ONLY, known=known)
    assert not met(requirement, *cast, policy=fewer, known=known)
    assert not met(requirement, *cast, denial, policy=LEADS_ONLY, known=known)
    assert not met(
        requirement,
        *cast,
        policy=LEADS_ONLY,
        known=Memberships(answers={k: v for k, v in known.answers.items() if v}),
    )


@given(requirements, approvals, directories, st.sampled_from(EVERYBODY[1:]), st.booleans())
def test_whose_turn_it_is_brings_it_one_place_further(
    requirement: Requirement, cast: list[Review], known: Memberships, person: str, signed: bool
) -> None:
    if person in {vote.person for vote in cast}:
        return
    before = counted(requirement, *cast, policy=LEADS_ONLY, memberships=known)
    try:
        place = before.turn(person, signed=signed)
    except (Refused, Unavailable):
        return
    vote = later(person, 60, attestation=SIGNED if signed else None)
    after = counted(requirement, *cast, vote, policy=LEADS_ONLY, memberships=known)
    upto = before.open_step.stop
    assert place < upto
    assert sum(one.missing for one in after.stages[:upto]) == sum(one.missing for one in before.stages[:upto]) - 1
