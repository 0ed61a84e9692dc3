"""Access to several resources by one request: all of it is made, or nothing of it stays."""

from collections.abc import Iterable
from typing import Any

import pytest

from approvals.ports.targets import Forbidden, GranterError, Impossible, Snapshot, Unsure
from approvals.requests import Request
from sandbox.google import Google
from tests.support.builders import OTHER, RESOURCE
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct_iam
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy

LOGS = "  - id: logs\n"
BUNDLE = """\
  - id: incident
    title: Incident response
    grants:
      - {resource: projects/payments-prod, roles: [roles/run.admin, roles/run.viewer]}
      - {resource: projects/payments-data, roles: [roles/bigquery.dataViewer]}
      - {resource: projects/payments-data, roles: [roles/bigquery.user], condition: 'resource.name != "x"'}
    requesters: ["domain:example.com"]
    approval:
      - {approvers: ["group:approvers@example.com"], needed: 1}
"""
FORBIDDEN = Forbidden("no permission", needed="resourcemanager.projects.setIamPolicy")


class Lines(Wire):
    """A line to Google on which one resource does not take or give what a test says."""

    def __init__(self, cloud: Google) -> None:
        super().__init__(direct_iam(cloud))
        self.trouble: dict[str, GranterError] = {}
        self.refused: set[str] = set()

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        if resource in self.trouble:
            raise self.trouble[resource]
        return super().read(resource, timeout=timeout, reason=reason)

    def write(self, snapshot: Snapshot, *, remove: Any, add: Any, timeout: float, reason: str) -> None:
        if any(each.role in self.refused for each in add):
            raise Impossible("there is no such role")
        super().write(snapshot, remove=remove, add=add, timeout=timeout, reason=reason)


@pytest.fixture
def cloud() -> Google:
    return google_with(RESOURCE, OTHER)


@pytest.fixture
def wire(cloud: Google) -> Lines:
    return Lines(cloud)


@pytest.fixture
def world(world: World) -> World:
    world.policy = policy((LOGS, BUNDLE + LOGS))
    return world


def asked(world: World, person: str = ALICE, *, minutes: int = 60) -> Request:
    request = world.file(person, "incident", minutes=minutes)
    world.press(BOB, request)
    return request


def states(world: World, request: Request) -> list[str]:
    return [grant.state for grant in world.read(request).grants]


def causes(world: World, request: Request) -> list[object]:
    return [grant.cause for grant in world.read(request).grants]


def bound(cloud: Google, resource: str) -> list[str]:
    found: Iterable[dict[str, Any]] = cloud.policies()[resource].get("bindings", [])
    return sorted(each["role"] for each in found)


# --- what is refused


@pytest.mark.parametrize("first", ["the one that is refused", "the other one"])
def test_where_one_part_can_never_be_made_the_others_are_taken_back(
    world: World, cloud: Google, wire: Lines, first: str
) -> None:
    wire.refused = {"roles/bigquery.user"}
    request = asked(world)
    place = OTHER if first == "the one that is refused" else RESOURCE
    world.reconciler.subject(f"binding:{place}")
    world.passes(60)

    assert sorted(states(world, request)) == ["failed", "revoked", "revoked"]
    assert causes(world, request).count("bundle") == 2
    assert bound(cloud, RESOURCE) == bound(cloud, OTHER) == []
    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, grant.removed) == ("failed", True)


def test_it_is_not_active_while_a_part_is_being_made(world: World, cloud: Google, wire: Lines) -> None:
    wire.trouble[OTHER] = Unsure("no answer")
    request = asked(world)
    world.passes(60)

    assert bound(cloud, RESOURCE) == ["roles/run.admin", "roles/run.viewer"]
    assert states(world, request) == ["active", "activating", "activating"]
    assert world.state(request) == "activating"
    wire.trouble = {}
    world.passes(300)
    assert world.state(request) == "active"


def test_what_could_not_be_made_in_time_takes_the_rest_with_it(world: World, cloud: Google, wire: Lines) -> None:
    wire.trouble[OTHER] = Unsure("no answer")
    request = asked(world, minutes=5)
    world.passes(400)
    wire.trouble = {}
    world.passes(600)

    assert states(world, request) == ["ended", "failed", "failed"]
    assert world.state(request) == "failed"
    assert bound(cloud, RESOURCE) == bound(cloud, OTHER) == []


def test_a_part_that_somebody_took_out_takes_the_rest_with_it(world: World, cloud: Google) -> None:
    request = asked(world)
    world.pass_()
    cloud.edit(RESOURCE, lambda found: found.update(bindings=[]))
    world.passes(180)

    assert states(world, request) == ["revoked"] * 3
    assert causes(world, request) == ["outside", "bundle", "bundle"]
    assert bound(cloud, OTHER) == []


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("roles/bigquery.dataViewer", ["bundle", "outside", "bundle"]),
        ("roles/bigquery.user", ["bundle", "bundle", "outside"]),
    ],
)
def test_of_two_parts_on_one_resource_it_is_said_which_one_was_taken_out(
    world: World, cloud: Google, role: str, told: list[str]
) -> None:
    request = asked(world)
    world.pass_()
    left = [each for each in cloud.policies()[OTHER]["bindings"] if each["role"] != role]
    cloud.edit(OTHER, lambda found: found.update(bindings=left))
    world.passes(180)

    assert causes(world, request) == told
    assert bound(cloud, RESOURCE) == bound(cloud, OTHER) == []


def test_a_part_that_is_taken_back_comes_back_by_no_late_write(world: World, cloud: Google, wire: Lines) -> None:
    """The write of one resource gets no answer and arrives when the other has failed already."""
    wire.refused = {"roles/bigquery.user"}
    request = asked(world)
    wire.writes = ["late", *[Unsure("no answer")] * 9]
    world.reconciler.subject(f"binding:{RESOURCE}")
    wire.writes = []
    world.reconciler.subject(f"binding:{OTHER}")
    assert "failed" in states(world, request)
    for arrives in wire.late:
        arrives()
    world.passes(120)

    assert bound(cloud, RESOURCE) == bound(cloud, OTHER) == []
    assert world.read(request).grant
    assert all(grant.removed for grant in world.read(request).grants)


# --- what goes well


def test_one_approval_makes_all_of_it_and_its_end_takes_all_of_it(world: World, cloud: Google) -> None:
    request = asked(world, minutes=20)
    world.pass_()

    assert states(world, request) == ["active"] * 3
    assert bound(cloud, RESOURCE) == ["roles/run.admin", "roles/run.viewer"]
    assert bound(cloud, OTHER) == ["roles/bigquery.dataViewer", "roles/bigquery.user"]
    world.passes(1300)
    assert states(world, request) == ["ended"] * 3
    assert bound(cloud, RESOURCE) == bound(cloud, OTHER) == []


def test_its_holder_ends_all_of_it_at_once(world: World, cloud: Google) -> None:
    request = asked(world)
    world.pass_()
    world.end(ALICE, request)
    world.pass_()

    assert causes(world, request) == ["holder"] * 3
    assert bound(cloud, RESOURCE) == bound(cloud, OTHER) == []


def test_what_another_request_gives_stays_when_a_bundle_comes_down(
    world: World, cloud: Google, wire: Lines
) -> None:
    kept = world.granted(ALICE, "admin", minutes=120)
    wire.refused = {"roles/bigquery.user"}
    request = asked(world)
    world.passes(60)

    assert "failed" in states(world, request)
    assert world.state(kept) == "active"
    assert bound(cloud, RESOURCE) == ["roles/run.admin"]
    assert kept.id in [each.request for each in world.uses.looking.kept(world.read(request), now=world.clock())]


def test_one_person_s_refused_bundle_stops_nobody_else_s(world: World, cloud: Google, wire: Lines) -> None:
    fine = world.file(GWEN, "admin")
    world.press(CAROL, fine)
    wire.refused = {"roles/bigquery.user"}
    refused, other = asked(world), asked(world, CAROL)
    world.passes(60)

    assert world.state(fine) == "active"
    assert world.state(refused) == world.state(other) == "failed"
    assert bound(cloud, RESOURCE) == ["roles/run.admin"]


def test_the_chain_of_a_bundle_holds_and_its_trouble_is_told(world: World, wire: Lines) -> None:
    wire.trouble[OTHER] = FORBIDDEN
    request = asked(world)
    world.passes(60)

    grant = world.read(request).grant
    assert grant is not None
    assert grant.trouble
    wire.trouble = {}
    world.passes(600)
    assert world.state(request) == "active"
    assert world.store.held(request.id).faults == ()
    assert "grant.trouble" in world.actions(request)


def test_every_resource_of_a_bundle_finds_it(world: World) -> None:
    request = asked(world)
    world.pass_()

    for place in (RESOURCE, OTHER):
        assert [each.id for each in world.store.holdings(resource=place, person=ALICE)] == [request.id]
    world.end(ALICE, request)
    world.reconciler.subject(f"binding:{OTHER}")
    assert world.store.holdings(resource=OTHER, person=ALICE) == []
    assert [each.id for each in world.store.holdings(resource=RESOURCE, person=ALICE)] == [request.id]
