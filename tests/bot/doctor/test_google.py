"""What Google lets the service do: the resources, the directory of groups, and the users."""

from pathlib import Path

import pytest

from approvals.backends.google_examining import Asked, cloud, directory
from approvals.policy.load import load
from approvals.ports.examining import Diagnosis
from sandbox.google.faults import Fault
from tests.bot.doctor.patients import ALONE, SOUND, Patient, Timed, facts

TEST, LOOK_UP = "projects.testIamPermissions", "groups.lookup"
GROUP = "sre@example.com"
WITH_GROUP = SOUND.replace('approvers: ["group:sre"]', f'approvers: ["group:{GROUP}", "user:bob@example.com"]')


def codes(found: list[Diagnosis], part: str) -> list[tuple[str, str]]:
    return [(each.code, each.verdict) for each in found if each.part == part]


@pytest.fixture
def grouped(patient: Patient) -> Patient:
    """An installation whose policy names a group that is there."""
    patient.in_force(WITH_GROUP)
    patient.box.google.set_group(GROUP, ["alice@example.com", "dan@example.com"])
    return patient


def test_a_right_that_the_account_lacks_is_named_with_its_resource(patient: Patient) -> None:
    patient.box.google.withheld.add(("projects/shop-data", "resourcemanager.projects.setIamPolicy"))
    found = patient.look()

    assert codes(found, "google") == [("google.lacking", "wrong"), ("google.ok", "ok")]
    assert facts(found, "google.lacking") == {
        "resource": "projects/shop-data",
        "lacking": "resourcemanager.projects.setIamPolicy",
    }


def test_every_right_that_is_missing_is_named_on_every_resource_of_a_bundle(patient: Patient) -> None:
    rights = [f"resourcemanager.projects.{each}" for each in ("getIamPolicy", "setIamPolicy")]
    patient.box.google.withheld.update(("projects/shop-data", each) for each in rights)
    both = [f"{{resource: projects/{name}, roles: [roles/run.viewer]}}" for name in ("shop-prod", "shop-data")]
    patient.in_force(ALONE.replace("grant: none", f"grants: [{', '.join(both)}]"))
    found = patient.look()

    assert codes(found, "google") == [("google.lacking", "wrong"), ("google.ok", "ok")]
    assert facts(found, "google.lacking") == {"resource": "projects/shop-data", "lacking": " and ".join(rights)}


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_resource_that_is_not_shown_is_named_and_hides_no_other(patient: Patient, status: int) -> None:
    patient.box.google.faults.set(Fault(method=TEST, resource="projects/shop-prod", status=status))
    found = patient.look()

    assert codes(found, "google") == [("google.hidden", "wrong"), ("google.ok", "ok")]
    assert facts(found, "google.hidden")["what"] == "projects/shop-prod"


def test_an_api_that_is_switched_off_is_said_once_with_the_line_that_switches_it_on(patient: Patient) -> None:
    patient.box.google.faults.set(Fault(method=TEST, disabled="cloudresourcemanager.googleapis.com", times=9))
    found = patient.look()

    assert codes(found, "google") == [("google.disabled", "wrong")]
    line = "gcloud services enable cloudresourcemanager.googleapis.com --project=300"
    assert facts(found, "google.disabled") == {"enable": line}


def test_a_name_of_an_api_that_no_shell_should_see_is_not_repeated(patient: Patient) -> None:
    patient.box.google.faults.set(Fault(method=TEST, disabled="x.googleapis.com; rm -rf /", times=9))
    assert codes(patient.look(), "google") == [("google.hidden", "wrong"), ("google.hidden", "wrong")]


@pytest.mark.parametrize("fault", [{"delay": 60.0}, {"drip": "body"}, {"status": 503}])
def test_a_google_that_does_not_answer_is_named_in_seconds(patient: Patient, fault: dict[str, object]) -> None:
    patient.box.google.faults.set(Fault(method=TEST, times=9, **fault))  # type: ignore[arg-type]  # one of its kinds
    with Timed() as took:
        found = patient.look(within=3)

    assert {verdict for _, verdict in codes(found, "google")} == {"unknown"}
    assert took.seconds < 15


def test_without_credentials_nothing_else_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    asked = Asked(policy=load(SOUND, source="p"), base_url=None, directory_users=False, timeout=10)
    (found,) = cloud(asked)

    assert (found.code, found.verdict) == ("google.credentials", "wrong")
    assert str(tmp_path / "nothing.json") in found.facts["said"]


def test_a_policy_that_grants_nothing_needs_no_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    asked = Asked(policy=load(ALONE, source="p"), base_url=None, directory_users=False, timeout=10)

    assert [(each.code, each.verdict) for each in cloud(asked)] == [("google.unused", "ok")]


# --- the directory


def test_groups_that_can_be_read_are_counted(grouped: Patient) -> None:
    assert codes(grouped.look(), "directory") == [("directory.ok", "ok")]


OTHER = "staff@example.com"
WITH_TWO = WITH_GROUP.replace(f'"group:{GROUP}"', f'"group:{GROUP}", "group:{OTHER}"')


def test_each_group_is_looked_at_and_one_that_is_not_shown_hides_no_other(grouped: Patient) -> None:
    grouped.in_force(WITH_TWO)
    found = grouped.look()
    assert codes(found, "directory") == [("directory.hidden", "wrong"), ("directory.ok", "ok")]
    assert facts(found, "directory.hidden")["what"] == OTHER

    grouped.box.google.remove_group(GROUP)
    grouped.box.google.set_group(OTHER, ["alice@example.com"])
    found = grouped.look()
    assert codes(found, "directory") == [("directory.hidden", "wrong"), ("directory.ok", "ok")]
    assert facts(found, "directory.hidden")["what"] == GROUP


def test_a_group_that_is_larger_than_is_listed_is_there(grouped: Patient) -> None:
    grouped.box.google.set_group(GROUP, [f"somebody{number}@example.com" for number in range(201)])
    assert codes(grouped.look(), "directory") == [("directory.ok", "ok")]


def test_without_credentials_the_directory_says_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    asked = Asked(policy=load(WITH_TWO, source="p"), base_url=None, directory_users=False, timeout=10)

    assert [(each.code, each.verdict) for each in directory(asked)] == [("google.credentials", "wrong")]


@pytest.mark.parametrize("status", [403, 404])
def test_a_group_that_is_not_shown_is_named(grouped: Patient, status: int) -> None:
    grouped.box.google.faults.set(Fault(method=LOOK_UP, status=status, times=9))
    found = grouped.look()

    assert codes(found, "directory") == [("directory.hidden", "wrong")]
    assert facts(found, "directory.hidden")["what"] == GROUP


def test_a_group_whose_members_can_neither_be_asked_for_nor_listed_is_named(grouped: Patient) -> None:
    grouped.box.google.groups.premium = False
    assert codes(grouped.look(), "directory") == [("directory.ok", "ok")]

    grouped.box.google.faults.set(Fault(method="memberships.list", status=403, times=9))
    assert codes(grouped.look(), "directory") == [("directory.hidden", "wrong")]


@pytest.fixture
def joining(patient: Patient) -> Patient:
    """The policy lets people into a group, and that is all of it."""
    patient.box.google.set_group(GROUP, [])
    patient.in_force(ALONE.replace("grant: none", f"grant: group\n    group: {GROUP}"))
    return patient


def test_a_dynamic_group_lets_nobody_in(joining: Patient) -> None:
    joining.box.google.groups.dynamic.add(GROUP)
    assert codes(joining.look(), "directory") == [("joining.dynamic", "wrong")]


def test_an_edition_without_memberships_that_expire_is_named(joining: Patient) -> None:
    joining.box.google.groups.premium = False
    assert codes(joining.look(), "directory") == [("joining.edition", "wrong")]


def test_a_group_that_is_not_there_lets_nobody_in(joining: Patient) -> None:
    joining.box.google.remove_group(GROUP)
    assert codes(joining.look(), "directory") == [("directory.hidden", "wrong")]


def test_groups_that_people_can_be_let_into_are_counted(joining: Patient) -> None:
    assert codes(joining.look(), "directory") == [("joining.ok", "ok")]
    assert codes(joining.look(), "google") == [("google.unused", "ok")]


def test_the_directory_s_api_that_is_switched_off_is_named(grouped: Patient) -> None:
    grouped.in_force(WITH_TWO)
    grouped.box.google.faults.set(Fault(method=LOOK_UP, disabled="cloudidentity.googleapis.com", times=9))
    found = grouped.look()

    assert codes(found, "directory") == [("google.disabled", "wrong")]
    assert "cloudidentity.googleapis.com" in facts(found, "google.disabled")["enable"]


def test_users_that_cannot_be_read_are_named_where_leavers_are_looked_for(patient: Patient) -> None:
    patient.box.google.users.readable = False
    assert codes(patient.look(COUNTERSIGN_DIRECTORY_USERS="1"), "directory") == [("users.hidden", "wrong")]
    assert codes(patient.look(), "directory") == [("directory.unused", "ok")]


def test_users_can_be_read_whoever_of_them_is_there(patient: Patient) -> None:
    patient.box.google.users.readable = True
    assert codes(patient.look(COUNTERSIGN_DIRECTORY_USERS="1"), "directory") == [("users.ok", "ok")]


@pytest.mark.parametrize("status", [429, 503])
def test_users_of_whom_google_says_nothing_are_not_said_to_be_readable(patient: Patient, status: int) -> None:
    patient.box.google.users.readable = True
    patient.box.google.faults.set(Fault(method="users.get", times=9, status=status))
    assert codes(patient.look(COUNTERSIGN_DIRECTORY_USERS="1"), "directory") == [("google.unanswered", "unknown")]


def test_what_google_said_is_told_in_its_words_and_no_librarys(patient: Patient) -> None:
    patient.box.google.faults.set(Fault(method=TEST, resource="projects/shop-prod", status=429))
    found = patient.look()

    assert codes(found, "google") == [("google.unanswered", "unknown"), ("google.ok", "ok")]
    assert facts(found, "google.unanswered")["said"].startswith("429: Quota exceeded")
    assert "HttpError" not in str(found)
