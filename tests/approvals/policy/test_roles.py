"""Google's predefined roles, known offline: what is in the list, what is not, and what a role can do."""

from datetime import date

import pytest

from approvals.policy.roles import LASTING, dated, google_role, nearest_role, risk


@pytest.mark.parametrize(
    "name",
    [
        "roles/compute.instanceAdmin.v2",
        "roles/compute.instanceadmin.v1",  # names have their capitals
        "compute.viewer",
        "projects/shop-prod/roles/compute.viewer",
        "organizations/7/roles/viewer",
        "roles/",
        "",
        "# iann0036/iam-dataset",
    ],
)
def test_what_is_no_predefined_role_is_not_known(name: str) -> None:
    assert google_role(name) is None
    assert risk([name]) == "unknown"


@pytest.mark.parametrize(
    ("name", "title", "does"),
    [
        ("roles/logging.viewer", "Logs Viewer", "reads"),
        ("roles/compute.viewer", "Compute Viewer", "views"),
        ("roles/bigquery.dataViewer", "BigQuery Data Viewer", "views"),
        ("roles/iam.securityReviewer", "Security Reviewer", "views"),
        ("roles/spanner.databaseReader", "Cloud Spanner Database Reader", "views"),
        ("roles/spanner.databaseReaderWithDataBoost", "Cloud Spanner Database Reader with DataBoost", "writes"),
        ("roles/run.developer", "Cloud Run Developer", "writes"),
        ("roles/compute.instanceAdmin.v1", "Compute Instance Admin (v1)", "lasts"),
        ("roles/iam.serviceAccountUser", "Service Account User", "lasts"),
        # The three basic roles that take conditions are not in the data and are named by our own advice.
        ("roles/admin", "Admin", "lasts"),
        ("roles/writer", "Writer", "lasts"),
        ("roles/reader", "Reader", "reads"),
    ],
)
def test_a_role_has_google_s_title_and_what_it_can_do(name: str, title: str, does: str) -> None:
    known = google_role(name)
    assert known is not None
    assert (known.name, known.title, known.risk) == (name, title, does)
    assert set(known.lasting) <= set(LASTING)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("roles/resourcemanager.projectIamAdmin", ("setIamPolicy",)),
        ("roles/iam.serviceAccountKeyAdmin", ("keys",)),
        ("roles/iam.serviceAccountTokenCreator", ("tokens",)),
        ("roles/iam.serviceAccountUser", ("act_as",)),
        # Not by one permission of its own, and found by nobody who looks at permissions alone.
        ("roles/iam.roleAdmin", ("roles",)),
        ("roles/container.admin", ("tokens",)),
        ("roles/deploymentmanager.editor", ("act_as",)),
    ],
)
def test_what_outlives_a_window_is_known_by_its_kind(name: str, kinds: tuple[str, ...]) -> None:
    known = google_role(name)
    assert known is not None
    assert known.lasting == kinds


def test_a_role_of_which_no_permission_is_known_is_not_called_harmless() -> None:
    assert risk(["roles/agentcommunicationadmin.viewer"]) == "unknown"


def test_several_roles_are_as_bad_as_the_worst_of_them() -> None:
    reads, writes, unknown = "roles/logging.viewer", "roles/run.developer", "projects/shop-prod/roles/own"
    assert risk([reads, "roles/compute.viewer"]) == "views"
    assert risk(["roles/compute.viewer", writes]) == risk([reads, writes]) == "writes"
    assert risk([writes, unknown, reads]) == "unknown"
    assert risk([unknown, "roles/storage.admin"]) == "lasts"
    assert risk([]) == "unknown"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("roles/loging.viewer", "roles/logging.viewer"),
        ("roles/compute.instanceadmin.v1", "roles/compute.instanceAdmin.v1"),
        ("roles/storage.objectViewers", "roles/storage.objectViewer"),
        ("roles/zzzz.qqqqqqqqq", ""),
    ],
)
def test_what_was_meant_is_the_role_whose_name_is_nearest(written: str, meant: str) -> None:
    assert nearest_role(written) == meant


def test_the_list_says_of_which_day_it_is() -> None:
    assert dated() == date(2026, 8, 22)
