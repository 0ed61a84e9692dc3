"""The sandbox's Google has the methods and schemas of the discovery documents, and no others."""

import threading
import time
from http.client import HTTPException
from typing import Any

import pytest

from sandbox.google import Fault, Google
from tests.sandbox.google.conftest import Client
from tests.support.googles import PROJECT

READ = f"cloudresourcemanager/v3/{PROJECT}:getIamPolicy"


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", READ),
        ("POST", f"cloudresourcemanager/v3/{PROJECT}:getPolicy"),
        ("POST", f"cloudresourcemanager/v9/{PROJECT}:getIamPolicy"),
        ("POST", f"compute/v3/{PROJECT}:getIamPolicy"),
        ("POST", f"cloudresourcemanager/v3/{PROJECT}/more:getIamPolicy"),
        ("POST", "cloudresourcemanager/v3/projects"),
    ],
)
def test_an_unknown_method_is_not_found(client: Client, verb: str, path: str) -> None:
    assert client.call(verb, path)[0] == 404


def test_a_call_without_credentials_is_refused(client: Client) -> None:
    assert client.call("POST", READ, {}, headers={"Authorization": ""})[0] == 401


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            {"option": {}},
            'Invalid JSON payload received. Unknown name "option": Cannot find field.',
        ),
        (
            {"options": {"requestedPolicyVersion": "three"}},
            "Invalid value at 'options.requestedPolicyVersion' (TYPE_INT32), \"three\"",
        ),
        (
            {"options": {"requestedPolicyVersion": 2**31}},
            "Invalid value at 'options.requestedPolicyVersion' (TYPE_INT32), 2147483648",
        ),
        (
            {"options": {"requestedPolicyVersion": True}},
            "Invalid value at 'options.requestedPolicyVersion' (TYPE_INT32), True",
        ),
        ({"options": []}, "Invalid value at 'options' (GetPolicyOptions), []"),
        ({"options": {"requestedPolicyVersion": 2}}, "Invalid requested policy version 2."),
    ],
)
def test_a_body_that_the_schema_does_not_know_is_refused(client: Client, body: object, sentence: str) -> None:
    code, answer = client.call("POST", READ, body)
    assert (code, answer["error"]["message"]) == (400, sentence)
    assert answer["error"]["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"


@pytest.mark.parametrize("body", [b"\xff", b"{", b"[1]"])
def test_a_body_that_is_no_json_object_is_refused(client: Client, body: bytes) -> None:
    assert client.call("POST", READ, body)[0] == 400


def test_an_unknown_query_parameter_is_refused_and_the_general_ones_are_not(client: Client) -> None:
    assert client.call("POST", READ, {}, query={"verbose": "1"})[0] == 400
    assert client.call("POST", READ, {}, query={"alt": "xml"})[0] == 400
    assert client.call("POST", READ, {}, query={"alt": "json"})[0] == 200


def test_an_etag_that_is_no_base64_is_refused(client: Client) -> None:
    code, answer = client.write({"etag": "*"})
    assert (code, answer["error"]["message"]) == (400, "Invalid value at 'policy.etag' (TYPE_BYTES), \"*\"")


def test_what_does_not_exist_looks_like_what_is_forbidden(client: Client) -> None:
    for path in ("projects/other:getIamPolicy", "projects/other:setIamPolicy", "folders/9:getIamPolicy"):
        code, answer = client.call(
            "POST", f"cloudresourcemanager/v3/{path}", {"policy": {}} if "set" in path else {}
        )
        assert (code, answer["error"]["message"]) == (403, "The caller does not have permission")
    assert client.call("GET", "cloudresourcemanager/v3/projects/other")[0] == 403


def test_projects_folders_and_organizations_are_described(client: Client) -> None:
    _, project = client.call("GET", f"cloudresourcemanager/v3/{PROJECT}")
    assert (project["name"], project["projectId"], project["parent"]) == (
        "projects/300",
        "demo-prod",
        "folders/200",
    )
    assert client.call("GET", "cloudresourcemanager/v3/projects/300") == (200, project)
    _, folder = client.call("GET", "cloudresourcemanager/v3/folders/200")
    assert (folder["displayName"], folder["parent"]) == ("Production", "organizations/100")
    _, organization = client.call("GET", "cloudresourcemanager/v3/organizations/100")
    assert organization["displayName"] == "example.com"
    _, old = client.call("GET", f"cloudresourcemanager/v1/{PROJECT}")
    assert (old["projectNumber"], old["parent"]) == ("300", {"type": "folder", "id": "200"})
    assert client.call("GET", "cloudresourcemanager/v1/organizations/100")[1]["displayName"] == "example.com"


def test_both_versions_speak_of_one_policy(client: Client) -> None:
    member = {"role": "roles/browser", "members": ["user:alice@example.com"]}
    code, _ = client.call(
        "POST", f"cloudresourcemanager/v1/{PROJECT}:setIamPolicy", {"policy": {"bindings": [member]}}
    )
    assert code == 200
    assert client.read("projects/300")["bindings"] == [member]


def test_permissions_are_told_one_by_one(client: Client) -> None:
    path = f"cloudresourcemanager/v3/{PROJECT}:testIamPermissions"
    asked = {"permissions": ["resourcemanager.projects.setIamPolicy"]}
    assert client.call("POST", path, asked) == (200, asked)
    assert client.call("POST", path, {"permissions": ["resourcemanager.*"]})[0] == 400


def membership(client: Client, group: str, query: str) -> tuple[int, bool]:
    _, found = client.call("GET", "cloudidentity/v1/groups:lookup", query={"groupKey.id": group})
    path = f"cloudidentity/v1/{found['name']}/memberships:checkTransitiveMembership"
    code, answer = client.call("GET", path, query={"query": query})
    return code, answer.get("hasMembership", False)


def test_groups_contain_the_members_of_their_groups(client: Client, google: Google) -> None:
    google.set_group("sre@example.com", ["alice@example.com", "oncall@example.com"])
    google.set_group("oncall@example.com", ["bob@example.com", "sre@example.com"])
    for address, expected in (("alice", True), ("bob", True), ("carol", False)):
        query = f"member_key_id == '{address}@example.com'"
        assert membership(client, "sre@example.com", query) == (200, expected)
    assert membership(client, "SRE@example.com", "member_key_id == 'BOB@example.com'") == (200, True)


def test_an_unknown_group_and_a_strange_query_are_refused(client: Client, google: Google) -> None:
    code, answer = client.call("GET", "cloudidentity/v1/groups:lookup", query={"groupKey.id": "no@example.com"})
    assert code == 403
    assert answer["error"]["message"].startswith("Error(2028)")
    google.set_group("sre@example.com", [])
    assert membership(client, "sre@example.com", "member_key_id != ''")[0] == 400
    assert client.call("GET", "cloudidentity/v1/groups:lookup")[0] == 400


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_fault_answers_so_often_and_does_nothing(client: Client, google: Google, status: int) -> None:
    google.faults.set(Fault(method="projects.setIamPolicy", times=2, status=status))
    policy = {"bindings": [{"role": "roles/browser", "members": ["user:alice@example.com"]}]}
    assert [client.write(policy)[0] for _ in range(2)] == [status, status]
    assert "bindings" not in client.read()
    assert client.write(policy)[0] == 200


def test_a_lost_answer_has_taken_effect(client: Client, google: Google) -> None:
    policy = {"bindings": [{"role": "roles/browser", "members": ["user:alice@example.com"]}]}
    google.faults.set(Fault(method="setIamPolicy", lost="answer"))
    assert client.write(policy)[0] == 504
    assert client.read()["bindings"] == policy["bindings"]
    google.faults.set(Fault(method="setIamPolicy", lost="connection"))
    with pytest.raises((HTTPException, ConnectionError)):
        client.write({"bindings": []})
    assert "bindings" not in client.read()
    assert [call.code for call in google.calls("setIamPolicy")] == [504, 0]


def test_a_silent_call_has_taken_effect_before_its_answer(client: Client, google: Google) -> None:
    google.faults.set(Fault(method="setIamPolicy", silence=3))
    policy = {"bindings": [{"role": "roles/browser", "members": ["user:alice@example.com"]}]}
    codes: list[int] = []
    caller = threading.Thread(target=lambda: codes.append(client.write(policy)[0]))
    caller.start()
    while not google.calls("setIamPolicy"):
        assert caller.is_alive()
    assert client.read()["bindings"] == policy["bindings"]
    assert codes == []
    caller.join(60)
    assert codes == [200]


def test_a_stalled_call_takes_effect_when_it_is_released(client: Client, google: Google) -> None:
    google.faults.set(Fault(method="setIamPolicy", stall=True))
    policy = {"bindings": [{"role": "roles/browser", "members": ["user:alice@example.com"]}]}
    codes: list[int] = []
    caller = threading.Thread(target=lambda: codes.append(client.write(policy)[0]))
    caller.start()
    google.faults.wait_for_stall()
    assert "bindings" not in client.read()
    google.faults.release()
    caller.join(60)
    assert codes == [200]
    assert client.read()["bindings"] == policy["bindings"]


def test_a_late_answer_is_late(client: Client, google: Google) -> None:
    google.faults.set(Fault(method="getIamPolicy", delay=0.2))
    began = time.monotonic()
    client.read()
    assert time.monotonic() - began >= 0.2


def test_calls_are_logged_with_their_reason(client: Client, google: Google) -> None:
    client.call("POST", READ, {}, headers={"X-Goog-Request-Reason": "r-0123456789"})
    (call,) = google.calls("projects.getIamPolicy")
    assert (call.resource, call.reason, call.body, call.code) == (PROJECT, "r-0123456789", {}, 200)


def roles_there(client: Client, **body: object) -> tuple[int, dict[str, Any]]:
    asked = {"fullResourceName": f"//cloudresourcemanager.googleapis.com/{PROJECT}", **body}
    return client.call("POST", "iam/v1/roles:queryGrantableRoles", asked)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"fullResourceName": PROJECT}, 400),
        ({"fullResourceName": ""}, 400),
        ({"fullResourceName": "//cloudresourcemanager.googleapis.com/projects/other"}, 403),
        ({"pageSize": 3001}, 400),
        ({"pageToken": "next"}, 400),
        ({"resource": PROJECT}, 400),
    ],
)
def test_a_question_for_roles_that_google_would_not_answer_is_refused(
    client: Client, body: dict[str, object], code: int
) -> None:
    assert roles_there(client, **body)[0] == code


def test_grantable_roles_come_in_pages_and_each_resource_has_its_own(client: Client, google: Google) -> None:
    google.custom_roles |= {f"{PROJECT}/roles/own", "organizations/100/roles/all", "projects/other/roles/theirs"}
    names: list[str] = []
    token: dict[str, object] = {}
    while True:
        code, page = roles_there(client, pageSize=50, **token)
        assert code == 200
        names += [role["name"] for role in page["roles"]]
        if "nextPageToken" not in page:
            break
        assert len(page["roles"]) == 50
        token = {"pageToken": page["nextPageToken"]}
    assert names == sorted(set(names))
    assert {f"{PROJECT}/roles/own", "organizations/100/roles/all", "roles/logging.viewer"} <= set(names)
    assert not {"projects/other/roles/theirs", "roles/billing.admin"} & set(names)


def test_a_permission_that_is_withheld_is_refused_where_it_is_used(client: Client, google: Google) -> None:
    google.withheld.add((PROJECT, "resourcemanager.projects.setIamPolicy"))
    both = ["resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy"]
    path = f"cloudresourcemanager/v3/{PROJECT}:testIamPermissions"
    assert client.call("POST", path, {"permissions": both})[1] == {"permissions": both[:1]}
    assert client.write({"bindings": []})[0] == 403
    assert client.call("POST", READ, {})[0] == 200
