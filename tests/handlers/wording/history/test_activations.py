"""What other programs read of activations is letter for letter what JIT Access wrote."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Requirement, Stage
from approvals.requests import Decision, Request
from approvals.reviews import typed
from approvals.targets import IamRoles
from approvals.telling.activations import Activation, activations
from handlers.wording.history.activations import lines, messages
from tests.support.builders import filed, grant, terms
from tests.support.world import policy

ALICE, BOB, CAROL = (f"{name}@example.com" for name in ("alice", "bob", "carol"))
ASKED = datetime(2023, 11, 28, 22, 19, 6, tzinfo=UTC)
PEERS = Requirement(kind="stages", stages=(Stage(approvers=(f"user:{BOB}", f"user:{CAROL}")),))
SELF = Requirement(kind="self")
PAGES = "https://countersign.example.com"
POLICY = policy()


def asked(requirement: Requirement = PEERS, **changes: Any) -> Request:
    made = terms(
        resource="projects/project-1",
        roles=changes.pop("roles", ("roles/compute.admin",)),
        condition=changes.pop("condition", ""),
        duration=timedelta(minutes=10),
        justification=typed("Working on CASE-123, need to redeploy VMs", salt="s"),
        expires=ASKED + timedelta(hours=1),
        requirement=requirement,
    )
    change = filed(terms=msgspec.structs.replace(made, **changes), filed=ASKED, requester=ALICE)
    return msgspec.structs.replace(change.request, filed=ASKED)


def approved(request: Request, *by: str) -> Request:
    decision = Decision(outcome="approved", at=ASKED, by=by)
    lasts = grant("activating", start=ASKED)
    window = msgspec.structs.replace(lasts.window, end=ASKED + timedelta(minutes=10))
    given = tuple(msgspec.structs.replace(lasts, window=window) for _ in request.terms.targets)
    return msgspec.structs.replace(request, state="approved", decision=decision, grants=given)


def told(request: Request) -> Activation:
    return activations(request, now=ASKED)[-1]


def test_asking_is_published_in_the_documented_shape() -> None:
    (message,) = messages(told(asked()), POLICY, pages_url=PAGES)

    assert message == {
        "type": "RequestActivation",
        "attributes": {
            "role": "roles/compute.admin",
            "beneficiary": "alice@example.com",
            "start_time": "2023-11-28T22:19:06Z",
            "end_time": "2023-11-28T22:29:06Z",
            "reviewers": ["bob@example.com", "carol@example.com"],
            "justification": "Working on CASE-123, need to redeploy VMs",
            "action_url": "https://countersign.example.com/request/r-0123456789",
            "request_expiry_time": "2023-11-28T23:19:06Z",
            "base_url": "https://countersign.example.com/",
            "project_id": "project-1",
        },
    }


def test_an_approval_is_published_in_the_documented_shape() -> None:
    (message,) = messages(told(approved(asked(), BOB)), POLICY, pages_url=PAGES)

    assert message == {
        "type": "ActivationApproved",
        "attributes": {
            "role": "roles/compute.admin",
            "beneficiary": "alice@example.com",
            "start_time": "2023-11-28T22:19:06Z",
            "end_time": "2023-11-28T22:29:06Z",
            "reviewers": ["bob@example.com", "carol@example.com"],
            "justification": "Working on CASE-123, need to redeploy VMs",
            "base_url": "https://countersign.example.com/",
            "approver": "bob@example.com",
            "project_id": "project-1",
        },
    }


def test_access_that_was_taken_alone_is_published_in_the_documented_shape() -> None:
    request = approved(asked(SELF, roles=("roles/compute.viewer", "roles/run.viewer")))
    (message,) = messages(told(request), POLICY, pages_url=PAGES)

    assert message == {
        "type": "ActivationSelfApproved",
        "attributes": {
            "role": "roles/compute.viewer, roles/run.viewer",
            "beneficiary": "alice@example.com",
            "start_time": "2023-11-28T22:19:06Z",
            "end_time": "2023-11-28T22:29:06Z",
            "justification": "Working on CASE-123, need to redeploy VMs",
            "project_id": "project-1",
        },
    }


def test_without_pages_the_addresses_are_empty_and_there() -> None:
    (message,) = messages(told(asked()), POLICY, pages_url="")

    assert (message["attributes"]["base_url"], message["attributes"]["action_url"]) == ("", "")


def test_asking_has_the_labels_and_the_sentence_of_the_log() -> None:
    ((sentence, labels),) = lines(told(asked()), POLICY)

    assert sentence == (
        "User alice@example.com requested role 'roles/compute.admin' on"
        " '//cloudresourcemanager.googleapis.com/projects/project-1' for 10 minutes"
    )
    assert labels == {
        "event": "api.requestRole",
        "user": "alice@example.com",
        "project": "project-1",
        "activation_id": "r-0123456789",
        "activation_start": "2023-11-28T22:19:06Z",
        "activation_end": "2023-11-28T22:29:06Z",
        "justification": "Working on CASE-123, need to redeploy VMs",
        "entitlements": "project-1:roles/compute.admin",
        "reviewers": "bob@example.com, carol@example.com",
    }


def test_reviewers_are_people_whom_a_function_can_write_to_and_never_whoever_asks() -> None:
    named = policy(("defaults:\n", f"groups: {{peers: [{ALICE}, {BOB}]}}\ndefaults:\n"))
    stages = (Stage(approvers=("group:peers", "group:oncall@example.com", f"user:{CAROL}", f"user:{BOB}")),)
    request = asked(Requirement(kind="stages", stages=stages))
    ((_, labels),) = lines(told(request), named)
    (message,) = messages(told(request), named, pages_url=PAGES)

    assert message["attributes"]["reviewers"] == [BOB, "oncall@example.com", CAROL]
    assert labels["reviewers"] == f"{BOB}, oncall@example.com, {CAROL}"


def test_an_approval_has_the_approver_as_its_user() -> None:
    ((sentence, labels),) = lines(told(approved(asked(), BOB)), POLICY)

    assert sentence == (
        "User bob@example.com approved role 'roles/compute.admin' on"
        " '//cloudresourcemanager.googleapis.com/projects/project-1' for alice@example.com"
    )
    assert (labels["event"], labels["user"]) == ("api.activateRole", "bob@example.com")
    assert "project" not in labels


def test_access_that_was_taken_alone_names_all_its_roles_in_one_line() -> None:
    request = approved(asked(SELF, roles=("roles/a.b", "roles/c.d"), condition="resource.name=='foo'"))
    ((sentence, labels),) = lines(told(request), POLICY)

    assert sentence == (
        "User alice@example.com activated roles 'roles/a.b', 'roles/c.d' on"
        " '//cloudresourcemanager.googleapis.com/projects/project-1' for themselves for 10 minutes"
    )
    assert labels["entitlements"] == (
        "project-1:roles/a.b:cmVzb3VyY2UubmFtZT09J2Zvbyc=, project-1:roles/c.d:cmVzb3VyY2UubmFtZT09J2Zvbyc="
    )
    assert "reviewers" not in labels


@pytest.mark.parametrize(
    ("second", "written"), [(0, "2023-11-28T22:19Z"), (6, "2023-11-28T22:19:06Z"), (30, "2023-11-28T22:19:30Z")]
)
def test_a_moment_in_a_label_has_seconds_only_where_there_are_some(second: int, written: str) -> None:
    request = msgspec.structs.replace(asked(), filed=ASKED.replace(second=second))
    ((_, labels),) = lines(told(request), POLICY)

    assert labels["activation_start"] == written


def test_a_bundle_is_one_message_and_one_line_for_each_target() -> None:
    targets = tuple(IamRoles(resource=f"projects/{name}", roles=("roles/a.b",)) for name in ("shop-a", "shop-b"))
    request = msgspec.structs.replace(asked(), terms=msgspec.structs.replace(asked().terms, targets=targets))

    assert [each["attributes"]["project_id"] for each in messages(told(request), POLICY, pages_url=PAGES)] == [
        "shop-a",
        "shop-b",
    ]
    assert len(lines(told(request), POLICY)) == 2


def test_of_what_was_erased_nothing_is_told_any_more() -> None:
    request = approved(asked(), BOB)
    assert [each.kind for each in activations(request, now=ASKED)] == ["requested", "approved"]
    assert activations(msgspec.structs.replace(request, erased=ASKED), now=ASKED) == ()
