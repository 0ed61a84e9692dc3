"""What IAM offers is asked for, approved by peers and granted, and how it is found."""

from datetime import timedelta
from pathlib import Path

import pytest

from approvals.offers.iam_offers import project_of
from approvals.targets import all_roles
from sandbox.google import Google
from tests.support.eligible import (
    ADMIN,
    JIT,
    MPA,
    SOURCE,
    VIEWER,
    eligible_world,
    mark,
    only,
    search,
    titles,
    world,
)
from tests.support.googles import FOLDER, ORGANIZATION, PROJECT, google, google_stage, google_url
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, refused

__all__ = ["google", "google_stage", "google_url", "world"]

ALICES, BOBS = f"user:{ALICE}", f"user:{BOB}"


def asked(google: Google) -> int:
    return len(google.calls("batchGet"))


def test_eligible_alone_means_access_at_once(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, by=JIT)
    request = world.file(ALICE, only(world, ALICE), minutes=30)
    world.pass_()

    assert world.state(request) == "active"
    assert google.in_force(PROJECT, ADMIN, ALICES, world.clock() + timedelta(minutes=29))
    assert not google.in_force(PROJECT, ADMIN, ALICES, world.clock() + timedelta(minutes=30))


def test_a_peer_of_the_same_binding_approves(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    request = world.file(ALICE, only(world, ALICE))
    assert world.waiting_for(BOB) == [request.id]
    world.press(BOB, request)
    world.pass_()

    assert world.state(request) == "active"
    assert titles(google) == ["eligible", "JIT access activation"]


def test_the_condition_on_the_resource_is_kept_in_the_grant(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, by=f'{JIT} && resource.name.endsWith("/disks/one")')
    world.file(ALICE, only(world, ALICE), minutes=30)
    world.pass_()
    at = world.clock() + timedelta(minutes=1)

    assert google.in_force(PROJECT, ADMIN, ALICES, at, attributes={"name": "zones/a/disks/one"})
    assert not google.in_force(PROJECT, ADMIN, ALICES, at, attributes={"name": "zones/a/disks/two"})


def test_of_both_markers_on_one_role_the_one_without_peers_wins(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS, by=f"{MPA} && {JIT}")
    mark(google, VIEWER, ALICES, BOBS, by=MPA)
    mark(google, VIEWER, ALICES, by=JIT)
    alone = world.file(ALICE, only(world, ALICE, "run.viewer"), minutes=10)
    world.pass_()

    assert world.state(alone) == "active"
    assert search(world, ALICE) == ["Compute Admin on demo-prod", "Cloud Run Viewer on demo-prod"]
    assert world.file(BOB, only(world, BOB, "run.viewer")).state == "pending"
    assert world.file(BOB, only(world, BOB, "compute.admin"), minutes=5).state == "approved"


@pytest.mark.parametrize(("what", "where"), [("run.viewer", "demo-prod"), ("", "demo-prod"), ("run.viewer", "")])
def test_a_line_too_means_the_one_without_peers_where_both_are_offered(
    world: World, google: Google, what: str, where: str
) -> None:
    mark(google, VIEWER, ALICES, BOBS, by=MPA)
    mark(google, VIEWER, ALICES, by=JIT)
    told = {
        who: [
            each.requirement.kind
            for each in world.uses.offering.meant(
                world.identity(who), what=what, where=where, now=world.clock()
            ).entitlements
            if each.id.startswith("iam.")
        ]
        for who in (ALICE, BOB)
    }

    assert told == {ALICE: ["self"], BOB: ["stages"]}


def test_bindings_of_folder_and_organization_count_on_each_project_below(world: World, google: Google) -> None:
    google.add("projects/demo-test", parent=ORGANIZATION)
    mark(google, ADMIN, ALICES, by=JIT, on=ORGANIZATION)
    mark(google, VIEWER, ALICES, by=JIT, on=FOLDER)

    assert search(world, ALICE) == [
        "Compute Admin on demo-prod",
        "Cloud Run Viewer on demo-prod",
        "Compute Admin on demo-test",
    ]
    request = world.file(ALICE, only(world, ALICE, "compute.admin demo-test"))
    world.pass_()
    assert world.state(request) == "active"
    assert [each["role"] for each in google.policies()["projects/demo-test"]["bindings"]] == [ADMIN]


def test_nothing_above_the_scope_counts(tmp_path: Path, google: Google, google_url: str) -> None:
    world = eligible_world(tmp_path, google, google_url, source=SOURCE.replace(ORGANIZATION, FOLDER))
    google.add("projects/demo-test", parent=ORGANIZATION)
    mark(google, ADMIN, ALICES, by=JIT, on=ORGANIZATION)
    mark(google, VIEWER, ALICES, by=JIT, on="projects/demo-test")
    mark(google, VIEWER, ALICES, by=JIT)

    assert search(world, ALICE) == ["Cloud Run Viewer on demo-prod"]
    who, now = world.identity(ALICE), world.clock()
    for what, where in (("compute.admin", "demo-prod"), ("run.viewer", "demo-test")):
        found = world.uses.offering.meant(who, what=what, where=where, now=now).entitlements
        roles = [role for each in found if project_of(each.id) for role in all_roles(each.targets)]
        assert f"roles/{what}" not in roles
    world.close()


def test_people_of_an_eligible_group_ask_and_approve(world: World, google: Google) -> None:
    world.people.groups["sre@example.com"] = {ALICE, CAROL}
    mark(google, ADMIN, "group:sre@example.com")
    request = world.file(ALICE, only(world, ALICE))
    with refused("not_approver"):
        world.press(BOB, request)
    world.press(CAROL, request)
    world.pass_()

    assert world.state(request) == "active"
    assert search(world, BOB) == []


def test_an_address_that_is_somebodys_alias_means_them(world: World, google: Google) -> None:
    mark(google, ADMIN, "user:A.Smith@example.com", BOBS)

    assert search(world, ALICE) == ["Compute Admin on demo-prod"]


def test_the_policy_adds_to_what_iam_offers(tmp_path: Path, google: Google, google_url: str) -> None:
    overlay = """\
    channel: "#iam"
    overlays:
      - roles: [roles/compute.*]
        resources: [projects/*-prod]
        sign: typed
        duration: {default: 15m, max: 30m}
        justification: {pattern: '^b/\\d+$', hint: 'a bug, such as b/1'}
        approval: [{approvers: [gwen@example.com]}]
        channel: "#prod"
"""
    world = eligible_world(tmp_path, google, google_url, source=SOURCE + overlay)
    mark(google, ADMIN, ALICES, BOBS)
    mark(google, VIEWER, ALICES, by=JIT)
    name = only(world, ALICE, "compute.admin")
    found = world.uses.offering.one(world.identity(ALICE), name, now=world.clock())

    assert found is not None
    assert [stage.approvers for stage in found.requirement.stages] == [(f"user:{ALICE}", BOBS), (f"user:{GWEN}",)]
    assert found.requirement.stages[0].sign == "typed"
    assert (found.channel, found.duration.max) == ("#prod", timedelta(minutes=30))
    with refused("justification.pattern"):
        world.file(ALICE, name, minutes=15)
    other = world.uses.offering.one(world.identity(ALICE), only(world, ALICE, "run.viewer"), now=world.clock())
    assert other is not None
    assert (other.channel, other.requirement.kind) == ("#iam", "self")
    assert world.policy.channels == ("#access", "#iam", "#prod")
    world.close()


# How it is asked for


@pytest.mark.parametrize(
    ("what", "where"),
    [
        ("compute.admin", "demo-prod"),
        ("roles/compute.admin", "projects/demo-prod"),
        ("Compute.Admin", "#demo-prod"),
        ("compute.admin", ""),
    ],
)
def test_a_line_names_a_role_on_a_project(world: World, google: Google, what: str, where: str) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    found = world.uses.offering.meant(world.identity(ALICE), what=what, where=where, now=world.clock())

    assert [each.title for each in found.entitlements if each.id.startswith("iam.")] == [
        "Compute Admin on demo-prod"
    ]


def test_a_project_that_is_not_listed_can_be_named(tmp_path: Path, google: Google, google_url: str) -> None:
    listed = SOURCE + '    projects_query: "id:other"\n'
    world = eligible_world(tmp_path, google, google_url, source=listed)
    mark(google, ADMIN, ALICES, BOBS)
    found = world.uses.offering.meant(world.identity(ALICE), what="", where="demo-prod", now=world.clock())

    assert search(world, ALICE) == []
    assert len([each for each in found.entitlements if each.id.startswith("iam.")]) == 1
    world.close()


def test_projects_are_found_by_their_names(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS, on=ORGANIZATION)

    assert search(world, ALICE, "demo production admin") == ["Compute Admin on demo-prod"]


def test_iam_is_asked_once_a_minute_and_not_by_every_press(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    request = world.file(ALICE, only(world, ALICE))
    world.pass_()
    world.press(BOB, request)
    world.pass_()
    assert asked(google) == 1
    world.clock.advance(61)
    world.file(BOB, only(world, BOB))
    assert asked(google) == 2


def test_what_is_searched_is_read_anew_after_five_minutes(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, BOBS)
    assert len(search(world, ALICE)) == 1
    mark(google, VIEWER, ALICES, by=JIT)
    assert len(search(world, ALICE)) == 1
    world.clock.advance(301)
    search(world, ALICE)
    assert len(search(world, ALICE)) == 2
