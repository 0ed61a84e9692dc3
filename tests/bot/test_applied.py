"""Whether Google has applied what was given: it is asked about what each role holds, and no answer is no."""

from typing import Any

import pytest

from approvals.backends.google_look import GoogleLook
from approvals.refusals.errors import NotFound
from bot.cli.client.applied import Applied, Unasked
from sandbox.google import Fault, Google
from tests.support.googles import google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]

PROD = "projects/demo-prod"
LIST = "logging.logEntries.list"


def target(*roles: str, condition: str = "") -> dict[str, Any]:
    return {"resource": PROD, "roles": list(roles), "condition": condition}


LOGS, BROWSER, OWN = (target(role) for role in ("roles/logging.viewer", "roles/browser", f"{PROD}/roles/own"))


@pytest.fixture
def cloud(google: Google, google_url: str) -> GoogleLook:
    google.custom_roles.add(f"{PROD}/roles/own")
    google.withheld.add((f"{PROD}/roles/own", "iam.roles.get"))
    return GoogleLook(base_url=google_url)


@pytest.mark.parametrize(
    ("withheld", "targets"),
    [
        ("logging.buckets.get", [LOGS]),
        ("resourcemanager.projects.get", [BROWSER]),  # most others that it holds are none on a project
        (LIST, [OWN, LOGS]),  # one cannot be asked about, and the other one can
        (LIST, [target("roles/run.viewer", "roles/logging.viewer")]),
        (LIST, [target("roles/logging.viewer", condition="resource.type == 'x'"), LOGS]),
    ],
)
def test_it_is_no_until_google_says_yes(
    cloud: GoogleLook, google: Google, withheld: str, targets: list[dict[str, Any]]
) -> None:
    applied = Applied(cloud)
    google.withheld.add((PROD, withheld))
    assert not applied.holds(targets)

    google.withheld.discard((PROD, withheld))
    assert applied.holds(targets)


@pytest.mark.parametrize("method", ["roles.get", "testIamPermissions"])
def test_no_answer_is_no_and_asked_again(cloud: GoogleLook, google: Google, method: str) -> None:
    applied = Applied(cloud)
    google.faults.set(Fault(method=method, status=503))

    assert [(applied.holds([LOGS]), bool(applied.trouble)) for _ in range(2)] == [(False, True), (True, False)]


@pytest.mark.parametrize("found", [OWN, target("roles/logging.viewer", condition="resource.type == 'x'")])
def test_what_cannot_be_asked_about_is_said(cloud: GoogleLook, found: dict[str, Any]) -> None:
    with pytest.raises(Unasked):
        Applied(cloud).holds([found])


def test_a_permission_that_is_none_is_refused_and_one_that_is_not_seen_yet_is_no(
    cloud: GoogleLook, google: Google
) -> None:
    with pytest.raises(NotFound):
        Applied(cloud, ["logging.*"]).holds([LOGS])
    assert not Applied(cloud, [LIST]).holds([{**LOGS, "resource": "projects/unseen"}])
    google.withheld.add((PROD, LIST))
    assert not Applied(cloud, ["logging.logs.list", LIST]).holds([LOGS])
