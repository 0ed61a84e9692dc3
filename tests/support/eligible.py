"""Eligible bindings in the sandbox's Google, and a world whose policy takes them for a source."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.auditing.audits import Inspection
from approvals.backends.catalogs.asset_inventory import AssetInventory
from approvals.offers.iam_offers import project_of
from approvals.policy.model import Policy
from sandbox.google import Google
from tests.support.direct import direct_iam
from tests.support.googles import ORGANIZATION, PROJECT
from tests.support.world import POLICY, World, policy

JIT = "has({}.jitAccessConstraint)"
MPA = "has({}.multiPartyApprovalConstraint)"
SOURCE = f"""\
sources:
  jit_access:
    scope: {ORGANIZATION}
    duration: {{default: 1h, max: 2h}}
"""
ADMIN, VIEWER = "roles/compute.admin", "roles/run.viewer"


def mark(
    google: Google, role: str, *members: str, by: str = MPA, on: str = PROJECT, title: str = "eligible"
) -> None:
    """Make people eligible, as an administrator does by hand. `by` is the condition."""
    condition = {"title": title, "expression": by}
    binding = {"role": role, "members": list(members), "condition": condition}
    google.edit(on, lambda policy: policy["bindings"].append(binding))


def unmark(google: Google, role: str, *, on: str = PROJECT) -> None:
    """Take every binding of a role away."""

    def change(policy: dict[str, Any]) -> None:
        policy["bindings"] = [each for each in policy["bindings"] if each["role"] != role]

    google.edit(on, change)


def sourced(*replacements: tuple[str, str], source: str = SOURCE) -> Policy:
    """The policy of the tests with IAM as a source."""
    return policy((POLICY, POLICY + source), *replacements)


def eligible_world(folder: Path, google: Google, url: str, *, source: str = SOURCE) -> World:
    """A world over this Google, which is asked over HTTP for what IAM offers."""
    world = World(folder, granter=direct_iam(google))
    world.catalog = AssetInventory(base_url=url)
    world.policy = sourced(source=source)
    world.restart()
    return world


def search(world: World, person: str, query: str = "iam.") -> list[str]:
    """The titles of what somebody finds, of IAM's alone unless they look for something else."""
    found = world.uses.offering.search(world.identity(person), query, now=world.clock())
    return [each.title for each in found.entitlements]


def only(world: World, person: str, query: str = "iam.") -> str:
    """The id of the one thing that somebody finds."""
    found = world.uses.offering.search(world.identity(person), query, now=world.clock()).entitlements
    (name,) = [each.id for each in found if project_of(each.id)]
    return name


@pytest.fixture
def world(tmp_path: Path, google: Google, google_url: str) -> Iterator[World]:
    made = eligible_world(tmp_path, google, google_url)
    yield made
    assert list(Inspection(made.store).faults()) == []
    made.close()


def titles(google: Google) -> list[str]:
    """The titles of the project's bindings, in order."""
    return [each["condition"]["title"] for each in google.policies()[PROJECT].get("bindings", [])]
