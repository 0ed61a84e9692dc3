"""Whose reviews count, and what they meet together."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from approvals.people.memberships import NOTHING_KNOWN, Memberships
from approvals.policy.model import Requirement
from approvals.refusals.errors import Refused, Unavailable
from approvals.reviews import Attestation, Review, Verdict, typed
from approvals.votes.counting import Basis
from approvals.votes.tally import Met, Tally
from tests.approvals.tallies import (
    ALICE,
    BOB,
    CAROL,
    DAN,
    EVE,
    LEADS,
    POLICY,
    SIGNED,
    SRE_THEN_SECURITY,
    TWO_OF_SRE,
    counted,
    later,
    stage,
    stages,
)
from tests.support.builders import NOW, review

UNNAMED = Attestation(printed_name=typed("  ", salt="s" * 16), meaning=typed("I approve", salt="s" * 16))


def people(found: Tally) -> list[tuple[str, ...]]:
    return [one.counted for one in found.stages]


# --- what does not count -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "vote",
    [
        review(ALICE),
        review("a.smith@example.com"),
        review("ALICE@example.com"),
        review(CAROL),
        review("bob@example.com.evil.org"),
        review(BOB, verdict="deny"),
    ],
    ids=["requester", "alias", "upper case", "no approver", "foreign", "denial"],
)
def test_a_review_that_may_not_count_does_not(vote: Review) -> None:
    found = counted(stages(stage("group:sre")), vote)
    assert people(found) == [()]
    with pytest.raises(Refused):
        found.met()


def test_one_person_counts_once_even_under_two_addresses() -> None:
    assert people(counted(TWO_OF_SRE, review(BOB), later(BOB), later("b@example.com", 2))) == [(BOB,)]


def test_an_alias_is_seen_through_where_a_whole_domain_approves() -> None:
    anyone = stages(stage("domain:example.com", needed=2))
    assert people(counted(anyone, review("a.smith@example.com"))) == [()]
    assert people(counted(anyone, review(BOB), later("b@example.com"))) == [(BOB,)]


@pytest.mark.parametrize("second", [BOB, "b@example.com"])
@pytest.mark.parametrize("verdict", ["deny", "take_back"])
def test_the_last_vote_of_a_person_counts_whatever_the_clocks_said(second: str, verdict: Verdict) -> None:
    earlier_by_its_clock = review(second, verdict=verdict, at=NOW - timedelta(minutes=1))
    assert people(counted(stages(stage("group:sre")), review(BOB), earlier_by_its_clock)) == [()]


def test_an_unsigned_vote_is_no_signature_though_an_earlier_one_was() -> None:
    found = counted(
        stages(stage("group:sre", signed=True)), review(BOB, attestation=SIGNED), later("b@example.com")
    )
    assert people(found) == [()]


def test_one_person_counts_in_one_stage_only() -> None:
    twice = stages(stage("group:sre"), stage("group:sre"))
    found = counted(twice, review(BOB), later(BOB))
    assert people(found) == [(BOB,), ()]
    assert found.open_places == (1,)


@pytest.mark.parametrize("attestation", [None, UNNAMED])
def test_a_stage_that_demands_a_signature_takes_no_other_review(attestation: Attestation | None) -> None:
    found = counted(SRE_THEN_SECURITY, review(BOB), later(CAROL, attestation=attestation))
    assert people(found) == [(BOB,), ()]
    with pytest.raises(Refused):
        found.met()


def test_somebody_who_left_the_group_no_longer_counts() -> None:
    before = counted(stages(stage("group:sre")), review(BOB))
    without_bob = msgspec.structs.replace(POLICY, groups={"sre": (f"user:{ALICE}", f"user:{DAN}")})
    after = counted(stages(stage("group:sre")), review(BOB), policy=without_bob)
    assert before.met().people == (BOB,)
    assert people(after) == [()]


def test_a_group_that_is_gone_holds_nobody() -> None:
    gone = msgspec.structs.replace(POLICY, groups={})
    assert people(counted(stages(stage("group:sre")), review(BOB), policy=gone)) == [()]


def test_somebody_whose_membership_is_unknown_is_listed_and_not_counted() -> None:
    found = counted(stages(stage("group:leads")), review(BOB))
    assert found.stages[0].unknown == (BOB,)
    assert people(found) == [()]
    with pytest.raises(Refused):
        found.met()


def test_a_requirement_without_stages_is_never_met() -> None:
    with pytest.raises(Refused) as caught:
        counted(stages(), review(BOB)).met()
    assert caught.value.kind == "incomplete"


@pytest.mark.parametrize("needed", [0, -1])
def test_a_stage_that_needs_nobody_needs_somebody(needed: int) -> None:
    with pytest.raises(Refused):
        counted(stages(stage("group:sre", needed=needed))).met()


def test_a_stage_without_approvers_is_never_met() -> None:
    with pytest.raises(Refused):
        counted(stages(stage()), review(BOB), review(CAROL)).met()


def test_nobody_else_makes_what_is_met() -> None:
    found = counted(SRE_THEN_SECURITY)
    with pytest.raises(TypeError):
        Met(object(), requester=ALICE, requirement=SRE_THEN_SECURITY, people=())
    with pytest.raises(TypeError):
        Basis(
            object(),
            requirement=SRE_THEN_SECURITY,
            reviews=(),
            requester=ALICE,
            policy=POLICY,
            memberships=NOTHING_KNOWN,
        )
    for forged in (
        Tally(requirement=Requirement(kind="self"), stages=()),
        msgspec.structs.replace(found, requirement=Requirement(kind="self"), stages=()),
    ):
        with pytest.raises(Refused):
            forged.met()


# --- what counts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["self", "break_glass"])
def test_only_what_is_literally_so_written_is_met_by_nobody(kind: Any) -> None:
    met = counted(Requirement(kind=kind)).met()
    assert met.people == ()
    assert met.requirement.kind == kind


@pytest.mark.parametrize(
    "requirement",
    [
        Requirement(kind="auto"),
        Requirement(kind="break_glass", stages=(stage("group:sre"),)),
        Requirement(kind="auto", stages=(stage("group:sre"),)),
        Requirement(kind="stages", stages=(stage("group:sre"),), approve_when="true"),  # nobody judges votes here
    ],
    ids=["auto", "break glass", "auto with stages", "approve_when"],
)
def test_what_is_not_counted_here_is_never_met(requirement: Requirement) -> None:
    with pytest.raises(Refused, match="incomplete"):
        counted(requirement, review(BOB)).met()


def test_the_stages_of_an_approval_are_met_in_order() -> None:
    met = counted(SRE_THEN_SECURITY, review(BOB), later(CAROL, attestation=SIGNED)).met()
    assert met.people == (BOB, CAROL)
    assert met.requester == ALICE
    assert met.requirement == SRE_THEN_SECURITY


def test_reviews_count_in_order_of_time() -> None:
    assert people(counted(stages(stage("group:sre")), later(DAN, 2), later(BOB, 1))) == [(BOB,)]


def test_more_approvals_than_a_stage_needs_are_free_for_the_next() -> None:
    twice = stages(stage("group:sre"), stage("group:sre"))
    assert people(counted(twice, review(BOB), later(DAN))) == [(BOB,), (DAN,)]


def test_a_known_membership_counts() -> None:
    known = Memberships(answers={(LEADS, BOB): True})
    assert counted(stages(stage("group:leads")), review(BOB), memberships=known).met().people == (BOB,)


def test_where_nobody_has_voted_all_of_it_is_missing() -> None:
    unvoted = counted(stages(stage("group:sre", needed=2), stage("group:security")))

    assert [one.missing for one in unvoted.stages] == [2, 1]
    assert people(unvoted) == [(), ()]
    with pytest.raises(Refused):
        unvoted.met()


def test_what_is_missing_is_said() -> None:
    assert [one.missing for one in counted(TWO_OF_SRE, review(BOB)).stages] == [1]


# --- whatever the reviews are --------------------------------------------------------------------

EVERYBODY = (ALICE, BOB, CAROL, DAN, EVE, "a.smith@example.com", "b@example.com")
SELECTORS = ("group:sre", "group:security", "group:leads", f"user:{EVE}", "domain:example.com")
votes = st.builds(
    review,
    st.sampled_from(EVERYBODY),
    verdict=st.sampled_from(["approve", "approve", "approve", "deny"]),
    at=st.integers(min_value=0, max_value=9).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    attestation=st.sampled_from([None, SIGNED]),
)
requirements = st.lists(
    st.builds(
        lambda approvers, needed, signed: stage(*approvers, needed=needed, signed=signed),
        st.lists(st.sampled_from(SELECTORS), min_size=1, max_size=3),
        st.integers(min_value=1, max_value=3),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
).map(lambda found: stages(*found))
directories = st.dictionaries(st.sampled_from([(LEADS, who) for who in EVERYBODY]), st.booleans()).map(
    lambda answers: Memberships(answers=answers)
)


@given(requirements, st.lists(votes, max_size=8), directories, st.sampled_from(EVERYBODY))
def test_nobody_counts_twice_and_the_requester_never(
    requirement: Requirement, cast: list[Review], known: Memberships, requester: str
) -> None:
    found = counted(requirement, *cast, requester=requester, memberships=known)
    all_counted = [person for one in found.stages for person in one.counted]
    assert len(all_counted) == len(set(all_counted))
    assert POLICY.identity.primary(requester) not in all_counted
    assert all(len(one.counted) <= one.needed for one in found.stages)


@given(requirements, st.lists(votes, max_size=7), votes, directories)
def test_one_more_approval_never_lowers_a_stage(
    requirement: Requirement, cast: list[Review], more: Review, known: Memberships
) -> None:
    # A person has one vote: the store keeps no second one.
    assume(POLICY.identity.primary(more.person) not in {POLICY.identity.primary(vote.person) for vote in cast})
    before = counted(requirement, *cast, memberships=known)
    after = counted(requirement, *cast, more, memberships=known)
    assert all(
        len(less.counted) <= len(full.counted) for less, full in zip(before.stages, after.stages, strict=True)
    )


@given(
    requirements, st.lists(votes, max_size=8), directories, st.sampled_from((BOB, CAROL, DAN, EVE)), st.booleans()
)
def test_an_approval_whose_turn_it_is_counts_in_that_stage(
    requirement: Requirement, cast: list[Review], known: Memberships, person: str, signed: bool
) -> None:
    voted = {POLICY.identity.primary(vote.person) for vote in cast}
    before = counted(requirement, *cast, memberships=known)
    try:
        index = before.turn(person, signed=signed)
    except (Refused, Unavailable):
        return
    if person in voted:
        return
    vote = later(person, 60, attestation=SIGNED if signed else None)
    after = counted(requirement, *cast, vote, memberships=known)
    assert person in after.stages[index].counted
