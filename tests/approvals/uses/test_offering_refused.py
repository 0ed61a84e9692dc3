"""What IAM offers is refused where no eligible binding stands behind it, at the ask and at every vote."""

from datetime import timedelta
from pathlib import Path

import pytest

from approvals.refusals.errors import Refused, Unavailable
from sandbox.google import Fault, Google
from tests.support.eligible import (
    ADMIN,
    JIT,
    SOURCE,
    VIEWER,
    eligible_world,
    mark,
    only,
    search,
    sourced,
    titles,
    unmark,
    world,
)
from tests.support.googles import google, google_stage, google_url
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World, refused

__all__ = ["google", "google_stage", "google_url", "world"]

ALICES, BOBS = f"user:{ALICE}", f"user:{BOB}"


def test_nobody_gets_what_no_binding_makes_them_eligible_for(world: World, google: Google) -> None:
    mark(google, ADMIN, BOBS, f"user:{CAROL}")
    name = only(world, BOB)

    assert search(world, ALICE) == []
    with refused("requester"):
        world.file(ALICE, name)


def test_an_id_that_iam_does_not_offer_is_no_entitlement(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    for name in (f"iam.demo-prod.{'0' * 16}", "iam.demo-prod", "iam.", "iam.not here.0000000000000000"):
        with refused("entitlement"):
            world.file(ALICE, name)


def test_whoever_asks_is_never_among_the_peers(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    request = world.file(ALICE, only(world, ALICE))
    with refused("self.decide"):
        world.press(ALICE, request)


def test_who_has_no_peer_cannot_ask_for_what_peers_approve(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES)
    with refused("approvers.few"):
        world.file(ALICE, only(world, ALICE))


def test_a_peer_who_can_never_sign_in_is_none(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, "user:eve@elsewhere.example")
    with refused("approvers.few"):
        world.file(ALICE, only(world, ALICE))


def test_who_is_eligible_by_another_binding_is_no_peer(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    mark(google, VIEWER, ALICES, f"user:{CAROL}")
    mark(google, ADMIN, f"user:{DAN}", by=JIT)
    request = world.file(ALICE, only(world, ALICE, "compute.admin"))
    for stranger in (CAROL, DAN, GWEN):
        with refused("not_approver"):
            world.press(stranger, request)


def test_a_binding_that_went_between_ask_and_approval_gives_nothing(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    request = world.file(ALICE, only(world, ALICE))
    unmark(google, ADMIN)
    world.clock.advance(61)
    with pytest.raises(Refused):
        world.press(BOB, request)
    world.pass_()

    assert world.read(request).state == "expired"
    assert titles(google) == []


@pytest.mark.parametrize("gone", [ALICE, BOB])
def test_who_is_eligible_no_more_neither_gets_nor_approves(world: World, google: Google, gone: str) -> None:
    mark(google, ADMIN, ALICES, BOBS, f"user:{CAROL}")
    request = world.file(ALICE, only(world, ALICE))
    unmark(google, ADMIN)
    mark(google, ADMIN, *(f"user:{who}" for who in (ALICE, BOB, CAROL) if who != gone))
    world.clock.advance(61)
    with pytest.raises(Refused):
        world.press(BOB, request)
    world.pass_()

    assert world.read(request).state == "pending" if gone == BOB else "expired"
    assert titles(google) == ["eligible"]


def test_a_vote_of_who_is_eligible_no_more_when_the_last_one_comes_counts_for_nothing(
    tmp_path: Path, google: Google, google_url: str
) -> None:
    two = SOURCE + "    approval: [{approvers: [gwen@example.com]}]\n"
    world = eligible_world(tmp_path, google, google_url, source=two)
    mark(google, ADMIN, ALICES, BOBS, f"user:{CAROL}")
    request = world.file(ALICE, only(world, ALICE))
    world.press(BOB, request)
    unmark(google, ADMIN)
    mark(google, ADMIN, ALICES, f"user:{CAROL}")
    world.clock.advance(61)
    assert world.press(GWEN, request).request.state == "pending"
    assert world.press(CAROL, request).request.state == "approved"
    world.close()


def test_iam_that_is_silent_decides_nothing_and_ends_nothing(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    name = only(world, ALICE)
    request = world.file(ALICE, name)
    google.faults.set(Fault(method="batchGet", status=503, times=1_000))
    world.clock.advance(61)
    voted = world.press(BOB, request)
    world.passes(120)

    assert voted.request.state == "pending"
    assert len(world.read(request).reviews) == 1
    with pytest.raises(Unavailable):
        world.file(ALICE, name)
    google.faults.clear()
    world.passes(60)
    assert world.state(request) == "active"


@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 429}, {"status": 500}, {"lost": "answer"}])
def test_the_files_entitlements_stay_offered_while_iam_is_silent(
    world: World, google: Google, fault: dict[str, object]
) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    google.faults.set(Fault(method="searchAllIamPolicies", times=1_000, **fault))  # type: ignore[arg-type]
    google.faults.set(Fault(method="batchGet", times=1_000, **fault))  # type: ignore[arg-type]
    who, now = world.identity(ALICE), world.clock()
    found = world.uses.offering.search(who, "", now=now)
    line = world.uses.offering.meant(who, what="compute.admin", where="demo-prod", now=now)

    assert found.partly
    assert line.partly
    assert [each.id for each in found.entitlements] == ["admin", "pair", "logs"]
    assert [each.id for each in line.entitlements] == ["admin", "pair", "logs"]


def test_one_binding_that_cannot_be_read_hides_no_other(
    world: World, google: Google, caplog: pytest.LogCaptureFixture
) -> None:
    for broken in (f"{JIT} == true", f"{JIT} || false", "has({}.jitAccessConstraint.topic)"):
        mark(google, "roles/run.admin", ALICES, by=broken)
    mark(google, ADMIN, ALICES, by=JIT)

    assert search(world, ALICE) == ["Compute Admin on demo-prod"]
    assert sum("IAM offers nothing by a binding" in each for each in caplog.messages) == 3


def test_what_could_not_be_joined_to_a_window_is_not_offered(world: World, google: Google) -> None:
    many = " || ".join(f'resource.name == "{number}"' for number in range(12))
    mark(google, ADMIN, ALICES, by=f"{JIT} && ({many})")

    assert search(world, ALICE) == []


def test_the_guardrails_of_the_policy_hold_for_what_iam_offers(
    tmp_path: Path, google: Google, google_url: str
) -> None:
    fences = "guardrails: {never_roles: [roles/compute.*], no_self: [projects/demo-*], max_duration: 30m}\n"
    world = eligible_world(tmp_path, google, google_url, source=SOURCE + fences)
    mark(google, ADMIN, ALICES, BOBS)
    mark(google, VIEWER, ALICES, by=JIT)
    mark(google, "roles/run.admin", ALICES, BOBS)
    with refused("guardrail.role"):
        world.file(ALICE, only(world, ALICE, "compute.admin"), minutes=10)
    with refused("guardrail.self"):
        world.file(ALICE, only(world, ALICE, "run.viewer"), minutes=10)
    with refused("duration.long"):
        world.file(ALICE, only(world, ALICE, "run.admin"), minutes=31)
    world.close()


def test_a_policy_that_names_no_source_offers_nothing_of_iams(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    name = only(world, ALICE)
    request = world.file(ALICE, name)
    world.policy = sourced((SOURCE, ""))
    with refused("entitlement"):
        world.file(ALICE, name)
    with pytest.raises(Refused):
        world.press(BOB, request)
    world.pass_()

    assert world.read(request).state == "expired"


def test_frozen_by_its_id_it_is_asked_for_no_more(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    name = only(world, ALICE)
    world.policy = sourced((SOURCE, f"administrators: [{DAN}]\n{SOURCE}"))
    world.uses.freezing.freeze(world.identity(DAN), "entitlement", name, why="a leak", now=world.clock())
    with refused("frozen.entitlement"):
        world.file(ALICE, name)


@pytest.mark.parametrize("limits", [("30m", 30, 30), ("90m", 60, 90), ("3h", 60, 120)])
def test_offered_for_as_long_as_source_and_guardrails_both_let_it(
    tmp_path: Path, google: Google, google_url: str, limits: tuple[str, int, int]
) -> None:
    fence, usual, most = limits
    source = SOURCE + f"guardrails: {{max_duration: {fence}}}\n"
    world = eligible_world(tmp_path, google, google_url, source=source)
    mark(google, ADMIN, ALICES, by=JIT)
    found = world.uses.offering.one(world.identity(ALICE), only(world, ALICE), now=world.clock())

    assert found is not None
    assert found.duration.default == timedelta(minutes=usual)
    assert found.duration.max == timedelta(minutes=most)
    assert world.file(ALICE, found.id, minutes=most).state == "approved"
    with refused("duration.long"):
        world.file(ALICE, found.id, minutes=most + 1)
    world.close()
