"""Drift in the scope of what IAM offers: on projects that no file names, and on what hands down to them."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.uses.drifting import Drift, Means, drift
from approvals.uses.taking_out import TakingOut
from handlers.wording.drift import handed_down, looked_at, unread
from sandbox.google import Fault, Google
from tests.support.builders import RESOURCE
from tests.support.direct import direct_iam
from tests.support.doubles import Inline
from tests.support.eligible import ADMIN, JIT, MPA, VIEWER, mark, only, titles, world
from tests.support.googles import FOLDER, ORGANIZATION, PROJECT, google, google_stage, google_url
from tests.support.world import ALICE, BOB, World

__all__ = ["google", "google_stage", "google_url", "world"]

ALICES, BOBS, EVES = f"user:{ALICE}", f"user:{BOB}", "user:eve@example.com"
OTHER = "projects/demo-test"


@pytest.fixture(autouse=True)
def covered(google: Google) -> None:
    """The resource of the policy's file is there as well, and nothing stands on it."""
    google.add(RESOURCE)


def stand(google: Google, role: str, *members: str, on: str = PROJECT, **condition: str) -> None:
    """Somebody gives access by hand."""
    binding: dict[str, Any] = {"role": role, "members": list(members)}
    binding |= {"condition": condition} if condition else {}
    google.edit(on, lambda policy: policy.setdefault("bindings", []).append(binding))


def looked(world: World, google: Google, *, remove: bool = False, **other: Any) -> Drift:
    means = Means(
        store=world.store,
        installation=lambda: world.installation,
        granter=direct_iam(google),
        executor=Inline(),
        catalog=world.catalog,
    )
    means = msgspec.structs.replace(means, **other)
    out = TakingOut(store=world.store, granter=direct_iam(google), clock=world.clock, owner="drift", by="os:op")
    return drift(world.policy, means, now=world.clock(), taking_out=out if remove else None)


def told(found: Drift) -> list[tuple[str, str, str, str]]:
    return [(each.kind, each.resource, each.role, each.member) for each in found.found]


def test_standing_access_to_a_role_that_iam_offers_is_told_where_it_stands(world: World, google: Google) -> None:
    google.add(OTHER, parent=ORGANIZATION)
    mark(google, ADMIN, ALICES, by=JIT)
    for place in (PROJECT, OTHER, FOLDER, ORGANIZATION):
        stand(google, ADMIN, EVES, on=place)
    stand(google, "roles/browser", EVES)

    assert told(looked(world, google)) == [
        ("standing", FOLDER, ADMIN, EVES),
        ("standing", ORGANIZATION, ADMIN, EVES),
        ("standing", PROJECT, ADMIN, EVES),
    ]


def test_what_is_handed_down_says_to_how_many_projects(world: World, google: Google) -> None:
    google.add(OTHER, parent=ORGANIZATION)
    google.add("projects/demo-more", parent=FOLDER)
    mark(google, ADMIN, ALICES, by=JIT, on=FOLDER)
    stand(google, ADMIN, EVES, on=FOLDER)
    stand(google, ADMIN, EVES)
    said = {each.resource: handed_down(each) for each in looked(world, google).found}

    assert said == {FOLDER: "also on 2 projects below with that role", PROJECT: ""}


def test_of_a_role_that_the_file_offers_inherited_access_is_told_too(world: World, google: Google) -> None:
    google.add(RESOURCE, parent=FOLDER)
    stand(google, "roles/run.admin", EVES, on=FOLDER)
    stand(google, ADMIN, EVES, on=FOLDER)

    assert told(looked(world, google)) == [("standing", FOLDER, "roles/run.admin", EVES)]


def test_eligible_bindings_that_nobody_used_are_told_wherever_they_stand(world: World, google: Google) -> None:
    google.add(OTHER, parent=ORGANIZATION)
    mark(google, ADMIN, ALICES, BOBS)
    mark(google, VIEWER, ALICES, by=JIT, on=FOLDER)
    mark(google, "roles/run.admin", "group:sre@example.com", by=JIT, on=ORGANIZATION)
    assert (told(looked(world, google)), looked(world, google).unused) == ([], False)
    world.clock.advance(timedelta(days=91).total_seconds())
    world.people.groups["sre@example.com"] = {BOB}
    request = world.file(ALICE, only(world, ALICE, "compute.admin"))
    world.press(BOB, request)
    world.pass_()

    assert told(looked(world, google)) == [
        ("unused", FOLDER, VIEWER, ALICES),
        ("unused", ORGANIZATION, "roles/run.admin", "group:sre@example.com"),
        ("unused", PROJECT, ADMIN, BOBS),
    ]
    world.file(ALICE, only(world, ALICE, "run.viewer"))
    world.file(BOB, only(world, BOB, "run.admin demo-test"))
    world.pass_()

    assert told(looked(world, google)) == [("unused", PROJECT, ADMIN, BOBS)]


def test_a_marker_that_cannot_be_read_and_a_copy_of_our_mark_are_told(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, by=f"{MPA} || true", on=FOLDER)
    stand(
        google,
        VIEWER,
        EVES,
        title="JIT access activation",
        expression='request.time < timestamp("2030-01-01T00:00:00Z")',
    )

    assert told(looked(world, google)) == [
        ("lookalike", PROJECT, VIEWER, EVES),
        ("unreadable", FOLDER, ADMIN, ALICES),
    ]


def test_access_that_iam_s_offers_gave_is_no_drift_and_missed_where_it_is_gone(
    world: World, google: Google
) -> None:
    mark(google, ADMIN, ALICES, by=JIT)
    request = world.file(ALICE, only(world, ALICE), minutes=30)
    world.pass_()
    assert told(looked(world, google)) == []
    made = google.policies()[PROJECT]["bindings"].pop()
    assert made["condition"]["title"] == "JIT access activation"
    google.edit(PROJECT, lambda policy: policy["bindings"].pop())
    world.clock.advance(1)
    (found,) = looked(world, google).found

    assert (found.kind, found.request, found.resource) == ("missing", request.id, PROJECT)


def put_back(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, by=JIT)
    request = world.file(ALICE, only(world, ALICE), minutes=30)
    world.pass_()
    made = google.policies()[PROJECT]["bindings"][-1]
    world.end(ALICE, request)
    world.pass_()
    assert titles(google) == ["eligible"]
    google.edit(PROJECT, lambda policy: policy["bindings"].append(made))


def test_what_is_over_and_was_put_back_is_taken_out_there_too(world: World, google: Google) -> None:
    put_back(world, google)
    assert [each.kind for each in looked(world, google).found] == ["over"]
    assert titles(google) == ["eligible", "JIT access activation"]
    removed = looked(world, google, remove=True).removed

    assert [(each.kind, each.resource) for each in removed] == [("over", PROJECT)]
    assert titles(google) == ["eligible"]


def test_eligible_standing_and_foreign_bindings_are_never_taken_out(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, by=JIT)
    stand(google, ADMIN, EVES)
    stand(google, ADMIN, EVES, title="JIT access activation", expression="true", description="; countersign:x/r-1")
    before = google.policies()
    assert looked(world, google, remove=True).removed == ()
    assert google.policies() == before


@pytest.mark.parametrize("method", ["projects.search", "searchAllResources", "searchAllIamPolicies"])
@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 429}, {"status": 503}], ids=str)
def test_what_asset_inventory_does_not_say_hides_nothing_of_the_file(
    world: World, google: Google, method: str, fault: dict[str, Any]
) -> None:
    stand(google, "roles/run.admin", EVES, on=RESOURCE)
    google.faults.set(Fault(method=method, times=100, **fault))
    found = looked(world, google)

    assert told(found) == [("standing", RESOURCE, "roles/run.admin", EVES)]
    assert [each.resource for each in found.unread] == [ORGANIZATION]
    assert unread(found.unread[0]).startswith(f"{ORGANIZATION}: Asset Inventory does not say")
    assert looked_at(found).startswith("1 of 1 covered resource, and on 0 ")


def test_a_search_that_breaks_off_tells_what_came_before(world: World, google: Google) -> None:
    mark(google, ADMIN, ALICES, by=JIT, on=ORGANIZATION)
    stand(google, ADMIN, EVES)
    google.add(OTHER, parent=ORGANIZATION)
    stand(google, ADMIN, EVES, on=OTHER)
    found = looked(world, google, listed=1)

    assert 0 < len(found.found) < 2
    assert "were looked at" in unread(found.unread[0])


def test_without_a_source_nothing_is_searched(world: World, google: Google) -> None:
    world.policy = msgspec.structs.replace(world.policy, source=None)
    mark(google, ADMIN, ALICES, by=JIT)
    stand(google, ADMIN, EVES)
    found = looked(world, google)

    assert (told(found), found.scope, google.calls("searchAllIamPolicies")) == ([], "", [])


def test_ten_thousand_bindings_are_gone_through_once_each(world: World, google: Google) -> None:
    """By what is counted, not by the clock: 100 projects with 100 members each."""
    mark(google, ADMIN, ALICES, by=JIT, on=ORGANIZATION)
    for number in range(100):
        place = f"projects/demo-{number}"
        google.add(place, parent=FOLDER)
        people = [f"user:p{each}@example.com" for each in range(100)]
        stand(google, ADMIN, *people, on=place)
    found = looked(world, google)

    assert len(found.found) == 10_000
    assert found.unread == ()
    assert len(google.calls("searchAllIamPolicies")) == 2
