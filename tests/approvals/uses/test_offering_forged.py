"""Nobody approves their own request by a second address or a group, and no condition smuggles anything in."""

import pytest

from approvals.refusals.errors import Refused
from sandbox.google import Google
from tests.support.eligible import ADMIN, JIT, MPA, mark, only, search, titles, world
from tests.support.googles import google, google_stage, google_url
from tests.support.world import ALICE, BOB, CAROL, World, refused

__all__ = ["google", "google_stage", "google_url", "world"]


def test_a_second_address_of_whoever_asks_is_no_peer(world: World, google: Google) -> None:
    mark(google, ADMIN, f"user:{ALICE}", "user:A.Smith@example.com")
    with refused("approvers.few"):
        world.file(ALICE, only(world, ALICE))


def test_whoever_asks_is_no_peer_by_their_group_either(world: World, google: Google) -> None:
    world.people.groups["sre@example.com"] = {ALICE}
    mark(google, ADMIN, f"user:{ALICE}", "group:sre@example.com", f"user:{BOB}")
    request = world.file(ALICE, only(world, ALICE))
    with refused("self.decide"):
        world.press(ALICE, request)


@pytest.mark.parametrize("gone", [ALICE, CAROL])
def test_who_has_left_the_eligible_group_neither_gets_nor_approves(
    world: World, google: Google, gone: str
) -> None:
    world.people.groups["sre@example.com"] = {ALICE, BOB, CAROL}
    mark(google, ADMIN, "group:sre@example.com")
    request = world.file(ALICE, only(world, ALICE))
    world.people.groups["sre@example.com"] = {ALICE, BOB, CAROL} - {gone}
    world.clock.advance(61)
    with pytest.raises(Refused):
        world.press(CAROL, request)
    world.pass_()

    assert world.read(request).reviews == ()
    assert titles(google) == ["eligible"]


@pytest.mark.parametrize(
    "condition",
    [
        f"{MPA} || true",
        f"true || {MPA}",
        f"!{MPA}",
        f"{MPA} && true || true",
        f"({MPA} ? true : true)",
        f"{JIT} == {MPA}",
        f"true // {MPA}",
        f'"{MPA}" == "x"',
        "has({'a': 1}.multiPartyApprovalConstraint)",
        f"{MPA} && has({{}}.multiPartyApprovalConstraint.other)",
    ],
)
def test_a_condition_that_is_no_plain_marker_makes_nobody_eligible(
    world: World, google: Google, condition: str
) -> None:
    mark(google, ADMIN, f"user:{ALICE}", f"user:{BOB}", by=condition)

    assert search(world, ALICE) == []


def test_a_comment_in_a_condition_does_not_swallow_the_window(world: World, google: Google) -> None:
    mark(google, ADMIN, f"user:{ALICE}", by=f'{JIT} && (resource.name == "x" || true) // ')
    request = world.file(ALICE, only(world, ALICE))
    world.pass_()
    (made,) = [
        each["condition"]["expression"]
        for each in google.policies()["projects/demo-prod"]["bindings"]
        if "jit" not in each["condition"]["expression"]
    ]

    assert world.state(request) == "active"
    assert "//" not in made
    assert '(resource.name == "x" || true)' in made
    assert made.count("request.time") == 2
