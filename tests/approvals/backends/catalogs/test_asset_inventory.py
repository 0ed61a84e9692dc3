"""Asset Inventory over HTTP: what it says of eligibility, and how it fails."""

import time

import pytest

from approvals.backends.catalogs import asset_inventory
from approvals.backends.catalogs.asset_inventory import AssetInventory
from approvals.refusals.errors import Unavailable
from sandbox.google import Fault, Google
from tests.support.eligible import ADMIN, JIT, VIEWER, mark
from tests.support.googles import FOLDER, ORGANIZATION, PROJECT, google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]

ALICE = "user:alice@example.com"


@pytest.fixture
def catalog(google_url: str) -> AssetInventory:
    return AssetInventory(base_url=google_url)


@pytest.mark.parametrize(
    "fault",
    [{"status": 403}, {"status": 429}, {"status": 500}, {"lost": "connection"}, {"silence": 60.0}, {"drip": 0.3}],
    ids=str,
)
def test_whatever_keeps_it_from_answering_is_known_in_time(
    google: Google, catalog: AssetInventory, fault: dict[str, object]
) -> None:
    mark(google, ADMIN, ALICE, by=JIT)
    catalog.effective(ORGANIZATION, PROJECT, timeout=20)  # Google's libraries load at the first call
    google.faults.set(Fault(method="batchGet", **fault))  # type: ignore[arg-type]
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        catalog.effective(ORGANIZATION, PROJECT, timeout=1)

    assert time.monotonic() - begun < 30


def test_a_right_that_is_lacking_is_no_answer(google: Google, catalog: AssetInventory) -> None:
    google.withheld.add((ORGANIZATION, "cloudasset.assets.searchAllIamPolicies"))
    with pytest.raises(Unavailable, match="permission"):
        catalog.listing(ORGANIZATION, query="state:ACTIVE", timeout=20)


def test_a_project_that_is_not_there_or_lies_outside_has_no_bindings(
    google: Google, catalog: AssetInventory
) -> None:
    google.add("projects/elsewhere", parent="organizations/999")
    mark(google, ADMIN, ALICE, by=JIT, on="projects/elsewhere")

    assert catalog.effective(ORGANIZATION, "projects/elsewhere", timeout=20) == ()
    assert catalog.effective(ORGANIZATION, "projects/never-was", timeout=20) == ()


def test_bindings_come_with_those_from_above_nearest_first(google: Google, catalog: AssetInventory) -> None:
    mark(google, VIEWER, ALICE, by=JIT, on=ORGANIZATION)
    mark(google, ADMIN, ALICE, by=JIT)
    found = catalog.effective(ORGANIZATION, PROJECT, timeout=20)

    assert [(each.resource, each.bindings[0].role) for each in found] == [(PROJECT, ADMIN), (ORGANIZATION, VIEWER)]
    assert [each.resource for each in catalog.effective(FOLDER, PROJECT, timeout=20)] == [PROJECT]


def test_a_listing_reads_every_page_and_no_binding_without_a_marker(
    google: Google, catalog: AssetInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_inventory, "_PAGE", 2)
    for number in range(5):
        google.add(
            f"projects/more-{number}", number=f"{900 + number}", parent=FOLDER, display_name=f"More {number}"
        )
        mark(google, ADMIN, ALICE, by=JIT, on=f"projects/more-{number}")
    mark(google, VIEWER, ALICE, by='resource.name == "x"')
    found = catalog.listing(ORGANIZATION, query="state:ACTIVE", timeout=20)

    assert len(found.projects) == 6
    assert found.projects[1].above == (FOLDER, ORGANIZATION)
    assert found.projects[1].title == "More 0"
    assert [each.resource for each in found.policies] == [f"projects/more-{number}" for number in range(5)]


def test_more_projects_than_are_listed_are_said_to_be(
    google: Google, catalog: AssetInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_inventory, "MOST_PROJECTS", 2)
    for number in range(3):
        google.add(f"projects/more-{number}", parent=ORGANIZATION)
    found = catalog.listing(ORGANIZATION, query="state:ACTIVE", timeout=20)

    assert (len(found.projects), found.cut) == (2, True)


def test_folders_that_lie_in_a_circle_end(google: Google, catalog: AssetInventory) -> None:
    """Asset Inventory is eventually consistent: while somebody moves folders it may say anything."""
    assert list(asset_inventory._chain("folders/1", {"folders/1": "folders/2", "folders/2": "folders/1"})) == [
        "folders/1",
        "folders/2",
    ]


NAME = f"//cloudresourcemanager.googleapis.com/{PROJECT}"
ATTACHED = {"attachedResource": NAME, "policy": {"bindings": [{"role": ADMIN, "members": [ALICE]}]}}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"policyResults": []},
        {"policyResults": {"policies": []}},
        {"policyResults": [None]},
        {"policyResults": [{}]},
        {"policyResults": [{"fullResourceName": NAME.replace("demo", "other"), "policies": [ATTACHED]}]},
        {"policyResults": [{"fullResourceName": NAME, "policies": "none"}]},
        {"policyResults": [{"fullResourceName": NAME, "policies": [{**ATTACHED, "policy": []}, 7]}]},
        {"policyResults": [{"fullResourceName": NAME, "policies": [{**ATTACHED, "policy": {"bindings": ["x"]}}]}]},
        {"policyResults": [{"fullResourceName": NAME}, {"fullResourceName": NAME, "policies": [ATTACHED]}]},
    ],
    ids=str,
)
def test_an_answer_of_another_shape_or_about_something_else_is_no_answer(
    google: Google, catalog: AssetInventory, monkeypatch: pytest.MonkeyPatch, answer: dict[str, object]
) -> None:
    """Taken for "IAM offers nothing" it would end what waits."""
    monkeypatch.setattr(catalog, "_asked", lambda *_, **__: answer)
    with pytest.raises(Unavailable, match="shape"):
        catalog.effective(ORGANIZATION, PROJECT, timeout=20)


@pytest.mark.parametrize("members", [ALICE, {"user": "alice@example.com"}, 7], ids=str)
def test_members_that_are_no_list_are_no_answer(
    google: Google, catalog: AssetInventory, monkeypatch: pytest.MonkeyPatch, members: object
) -> None:
    odd = {**ATTACHED, "policy": {"bindings": [{"role": ADMIN, "members": members}]}}
    answer = {"policyResults": [{"fullResourceName": NAME, "policies": [odd]}]}
    monkeypatch.setattr(catalog, "_asked", lambda *_, **__: answer)
    with pytest.raises(Unavailable):
        catalog.effective(ORGANIZATION, PROJECT, timeout=20)


def test_of_a_place_that_comes_twice_no_binding_is_lost(
    google: Google, catalog: AssetInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {**ATTACHED, "policy": {"bindings": [{"role": VIEWER, "members": [ALICE]}]}}
    answer = {"policyResults": [{"fullResourceName": NAME, "policies": [ATTACHED, other, ATTACHED]}]}
    monkeypatch.setattr(catalog, "_asked", lambda *_, **__: answer)
    (found,) = catalog.effective(ORGANIZATION, PROJECT, timeout=20)

    assert [each.role for each in found.bindings] == [ADMIN, VIEWER, ADMIN]


def test_a_listing_of_another_shape_is_no_listing(
    google: Google, catalog: AssetInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "_asked", lambda *_, **__: {"projects": [{"name": "projects/7"}]})
    with pytest.raises(Unavailable, match="shape"):
        catalog.listing(ORGANIZATION, query="state:ACTIVE", timeout=20)
