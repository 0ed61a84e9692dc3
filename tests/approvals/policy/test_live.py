"""What Google says against a policy: asked of the sandbox's Google, over HTTP."""

import pytest

from approvals.backends.google_look import GoogleLook
from approvals.policy.live import live, unreadable
from approvals.policy.reading.parse import parse
from sandbox.google import Fault, Google
from tests.support.googles import google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]

FILE = """\
version: 1
identity: {domains: [example.com]}
groups:
  leads: ["group:Leads@example.com"]
defaults:
  duration: {default: 1h, max: 4h}
entitlements:
  - id: one
    title: One
    resource: projects/demo-prod
    roles: [roles/logging.viewer, projects/demo-prod/roles/own]
    requesters: ["domain:example.com"]
    approval: [{approvers: ["group:leads"]}]
  - id: two
    title: Two
    resource: folders/200
    roles: [roles/compute.viewer]
    requesters: ["group:leads"]
    approval: self
"""


@pytest.fixture
def cloud(google: Google, google_url: str) -> GoogleLook:
    google.set_group("leads@example.com", ["alice@example.com"])
    google.custom_roles.add("projects/demo-prod/roles/own")
    return GoogleLook(base_url=google_url)


def found(cloud: GoogleLook, *replacements: tuple[str, str]) -> list[tuple[str, int, str]]:
    text = FILE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    problems = live(text, source="p.yaml", cloud=cloud)
    assert {problem.severity for problem in problems} <= {"warning"}
    return [(problem.code, problem.line, problem.text) for problem in problems]


def test_a_project_that_is_not_there_is_said_once_and_nothing_more_is_asked_about_it(
    cloud: GoogleLook, google: Google
) -> None:
    ((code, line, text),) = found(cloud, ("projects/demo-prod", "projects/demo-prd"))
    assert (code, line) == ("missing-resource", 10)
    assert text.startswith("there is no projects/demo-prd, or it is not shown to these credentials (")
    assert len(google.calls("queryGrantableRoles")) == 1


@pytest.mark.parametrize("method", ["getIamPolicy", "setIamPolicy"])
def test_a_resource_whose_policy_cannot_be_worked_on_names_the_permission(
    cloud: GoogleLook, google: Google, method: str
) -> None:
    google.withheld.add(("folders/200", f"resourcemanager.folders.{method}"))
    expected = f"these credentials lack resourcemanager.folders.{method} on folders/200"
    assert found(cloud) == [("unreadable-resource", 16, expected)]


def test_a_role_that_cannot_be_granted_there_says_what_may_have_been_meant(cloud: GoogleLook) -> None:
    ((code, line, text),) = found(cloud, ("roles/logging.viewer", "roles/logging.viewr"))
    assert (code, line) == ("ungrantable-role", 11)
    assert text == (
        "Google does not offer roles/logging.viewr on projects/demo-prod: there is no such role, it cannot be"
        " granted there, or the API of its service is not enabled. Did you mean roles/logging.viewer?"
    )


def test_a_role_of_organizations_cannot_be_granted_on_a_folder(cloud: GoogleLook) -> None:
    ((code, line, _),) = found(cloud, ("roles/compute.viewer", "roles/billing.admin"))
    assert (code, line) == ("ungrantable-role", 17)


def test_a_custom_role_that_was_never_made_is_found(cloud: GoogleLook, google: Google) -> None:
    google.custom_roles.clear()
    assert [(code, line) for code, line, _ in found(cloud)] == [("ungrantable-role", 11)]


def test_a_group_that_is_not_there_is_said_where_it_is_named(cloud: GoogleLook, google: Google) -> None:
    google.remove_group("leads@example.com")
    ((code, line, text),) = found(cloud)
    assert (code, line) == ("missing-group", 4)
    assert text.startswith("there is no group leads@example.com, or it is not shown to these credentials (")


@pytest.mark.parametrize(
    ("method", "lines"), [("testIamPermissions", [10, 16]), ("queryGrantableRoles", [10, 16]), ("lookup", [4])]
)
def test_what_google_does_not_answer_is_not_taken_for_sound(
    cloud: GoogleLook, google: Google, method: str, lines: list[int]
) -> None:
    google.faults.set(Fault(method=method, times=9, status=503))
    assert [(code, line) for code, line, _ in found(cloud)] == [("not-asked", line) for line in lines]


def test_what_google_has_is_no_problem(cloud: GoogleLook) -> None:
    assert found(cloud) == []


def test_roles_are_found_on_every_page(cloud: GoogleLook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("approvals.backends.google_look._PAGE", 7)
    assert found(cloud) == []


def test_what_cannot_be_worked_on_is_told_for_each_resource_once(cloud: GoogleLook, google: Google) -> None:
    google.withheld.add(("folders/200", "resourcemanager.folders.setIamPolicy"))
    policy = parse(FILE.replace("projects/demo-prod", "projects/demo-prd"), source="p.yaml")
    missing, lacking = unreadable(policy, cloud)
    assert missing.startswith("there is no projects/demo-prd, or ")
    assert lacking == "these credentials lack resourcemanager.folders.setIamPolicy on folders/200"


def test_a_google_that_does_not_answer_is_told_as_well(cloud: GoogleLook, google: Google) -> None:
    google.faults.set(Fault(method="testIamPermissions", times=1, status=503))
    (told,) = unreadable(parse(FILE, source="p.yaml"), cloud)
    assert told.startswith("projects/demo-prod cannot be asked about now: ")
