"""Where several people's grants and bundles meet on one resource of which Google does not take everything."""

from typing import Any

import pytest

from approvals.changes import Change
from approvals.ports.targets import Forbidden, Snapshot, Unsure
from approvals.requests import Request
from sandbox.google import Google
from tests.approvals.reconcile.crowds import BINDING, Strict, asked, cap, crowded, states, wire
from tests.support.builders import OTHER, RESOURCE
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy

__all__ = ["crowded", "wire"]

LOGS = "  - id: logs\n"
INCIDENT = """\
  - id: incident
    title: Incident response
    grants:
      - {resource: projects/payments-prod, roles: [roles/run.admin, roles/run.viewer]}
      - {resource: projects/payments-data, roles: [roles/bigquery.user]}
    requesters: ["domain:example.com"]
    approval:
      - {approvers: ["group:approvers@example.com"], needed: 1}
"""
BARRED = "roles/run.viewer"


@pytest.fixture
def incidents(crowded: World, cloud: Google) -> World:
    """Others have single grants on the resource already, and more are coming."""
    cloud.add(OTHER)
    crowded.policy = policy((LOGS, INCIDENT + LOGS))
    return crowded


def approved(world: World, person: str, entitlement: str, *, minutes: int = 60) -> Request:
    request = world.file(person, entitlement, minutes=minutes)
    for approver in [who for who in (BOB, CAROL) if who != person]:
        if world.read(request).state == "pending":
            world.press(approver, request)
    return request


def held(cloud: Google, resource: str, person: str) -> set[str]:
    found = cloud.policies()[resource].get("bindings", [])
    return {each["role"] for each in found if f"user:{person}" in each["members"]}


def test_a_role_that_cannot_be_taken_away_keeps_no_other_of_the_same_bundle(
    crowded: World, cloud: Google, wire: Strict
) -> None:
    """The condition on the service's own role was narrowed since: what can go goes, the rest is told and tried."""
    ended = crowded.granted(ALICE, "pair")
    wire.refuses = cap(BARRED)
    crowded.end(ALICE, ended)
    crowded.pass_()

    assert held(cloud, RESOURCE, ALICE) == {BARRED}
    grant = crowded.read(ended).grant
    assert grant is not None
    assert (grant.state, grant.removed) == ("ended", False)
    assert BARRED in str(grant.trouble)
    wire.refuses = lambda add, remove: None
    crowded.passes(600)
    assert held(cloud, RESOURCE, ALICE) == set()


def test_what_is_left_of_an_active_bundle_goes_although_another_of_its_roles_cannot_be_written(
    incidents: World, cloud: Google, wire: Strict
) -> None:
    """Two longer windows of a bundle's roles are over at once; only one of them can be made shorter."""
    incidents.granted(ALICE, "incident", minutes=30)
    incidents.clock.advance(60)
    longer = incidents.granted(ALICE, "incident", minutes=60)
    wire.refuses = cap(BARRED)
    incidents.end(ALICE, longer)
    incidents.pass_()

    at = incidents.clock()
    assert cloud.in_force(RESOURCE, "roles/run.admin", f"user:{ALICE}", at)
    incidents.clock.advance(45 * 60)
    after = incidents.clock()
    assert not cloud.in_force(RESOURCE, "roles/run.admin", f"user:{ALICE}", after)


@pytest.mark.parametrize("first", [RESOURCE, OTHER])
def test_two_refused_bundles_over_two_resources_leave_nothing_and_everybody_else_has_theirs(
    incidents: World, cloud: Google, wire: Strict, first: str
) -> None:
    """Two people ask for the bundle, others single roles beside it, and one of the bundle's roles is refused."""
    over = incidents.granted(GWEN, "logs", minutes=10)
    kept = incidents.granted(GWEN, "admin", minutes=120)
    incidents.clock.advance(600)
    wire.refuses = cap(BARRED, Forbidden)
    bundles = [approved(incidents, person, "incident") for person in (ALICE, GWEN)]
    others = [approved(incidents, BOB, "admin"), *asked(incidents)]
    incidents.reconciler.subject(f"binding:{first}")
    incidents.restart()
    incidents.passes(120)

    assert [sorted(grant.state for grant in incidents.read(each).grants) for each in bundles] == [
        ["failed", "revoked"],
        ["failed", "revoked"],
    ]
    assert all(grant.removed for each in (*bundles, over) for grant in incidents.read(each).grants)
    assert (states(incidents, others), incidents.state(kept)) == ({"active"}, "active")
    assert held(cloud, OTHER, ALICE) == held(cloud, OTHER, GWEN) == held(cloud, RESOURCE, ALICE) == set()
    assert held(cloud, RESOURCE, GWEN) == {"roles/run.admin"}
    assert held(cloud, RESOURCE, BOB) == {"roles/run.admin"}


def test_a_write_that_changes_nothing_is_no_end_of_one_before_it_that_may_still_arrive(
    crowded: World, cloud: Google, wire: Strict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody documents that the same policy written again gets another etag."""
    send = Strict.write

    def keeping(self: Strict, snapshot: Snapshot, *, remove: Any, add: Any, **how: Any) -> None:
        if add or remove:
            send(self, snapshot, remove=remove, add=add, **how)
        else:
            self.tried.append((0, 0))

    monkeypatch.setattr(Strict, "write", keeping)
    (over,) = asked(crowded, [ALICE])
    wire.writes = ["late", *[Unsure("no answer")] * 9]
    crowded.reconciler.subject(BINDING)
    wire.writes = []
    crowded.end(ALICE, over)
    wire.refuses = cap(BARRED)
    refused = approved(crowded, GWEN, "pair")
    crowded.reconciler.subject(BINDING)
    assert (0, 0) in wire.tried
    wire.land()

    grant = crowded.read(over).grant
    assert grant is not None
    assert held(cloud, RESOURCE, ALICE)
    assert not grant.removed
    crowded.passes(60)
    assert (crowded.state(refused), held(cloud, RESOURCE, ALICE)) == ("failed", set())


def test_a_refused_bundle_keeps_its_holder_from_no_other_access_to_the_same_role(
    incidents: World, cloud: Google, wire: Strict
) -> None:
    """Both are made at once and share a binding; only one of them asks for what is refused."""
    wire.refuses = cap(BARRED)
    single = approved(incidents, ALICE, "admin", minutes=120)
    bundle = approved(incidents, ALICE, "incident")
    incidents.passes(60)

    assert (incidents.state(single), incidents.state(bundle)) == ("active", "failed")
    assert held(cloud, RESOURCE, ALICE) == {"roles/run.admin"}


def test_all_that_ask_for_a_refused_role_fail_where_they_share_it(incidents: World, wire: Strict) -> None:
    wire.refuses = cap("roles/run.admin")
    both = [approved(incidents, ALICE, "admin", minutes=120), approved(incidents, ALICE, "incident")]
    others = asked(incidents)
    incidents.passes(60)

    assert (states(incidents, both), states(incidents, others)) == ({"failed"}, {"active"})


@pytest.mark.parametrize("first", [RESOURCE, OTHER])
def test_a_death_just_before_a_bundle_is_recorded_as_failed_leaves_nothing_of_it(
    incidents: World, cloud: Google, wire: Strict, first: str
) -> None:
    """The trial has named whom to blame, and whoever knew is gone; the other resource was made or was not."""
    wire.refuses = cap(BARRED)
    bundles = [approved(incidents, person, "incident") for person in (ALICE, GWEN)]
    others = asked(incidents)
    commit, deaths = incidents.store.commit, 0

    def dying(change: Change) -> None:
        nonlocal deaths
        if change.entries[0].action == "grant.failed" and deaths < 3:
            deaths += 1
            raise RuntimeError("killed")
        commit(change)

    incidents.store.commit = dying  # type: ignore[method-assign]
    incidents.reconciler.subject(f"binding:{first}")
    incidents.restart()
    incidents.passes(300)

    assert deaths == 3
    assert (states(incidents, bundles), states(incidents, others)) == ({"failed"}, {"active"})
    assert all(grant.removed for each in bundles for grant in incidents.read(each).grants)
    assert held(cloud, OTHER, ALICE) == held(cloud, OTHER, GWEN) == held(cloud, RESOURCE, ALICE) == set()
