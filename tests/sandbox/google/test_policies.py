"""The sandbox's IAM refuses what Google refuses, and keeps what Google keeps."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.google import Google
from tests.sandbox.google.conftest import Client
from tests.support.googles import PROJECT

ALICE, BOB = "user:alice@example.com", "user:bob@example.com"
UNTIL_2030 = 'request.time < timestamp("2030-01-01T00:00:00Z")'


def binding(role: str = "roles/run.viewer", *members: str, expression: str = "", **more: str) -> dict[str, Any]:
    made: dict[str, Any] = {"role": role, "members": list(members or (ALICE,))}
    if expression:
        made["condition"] = {"title": "JIT access activation", "expression": expression, **more}
    return made


def refusal(client: Client, *bindings: dict[str, Any], version: int = 3, resource: str = PROJECT) -> str:
    """Write the bindings, which has to be refused with 400, and return the sentence."""
    code, answer = client.write({"version": version, "bindings": list(bindings)}, resource=resource)
    assert (code, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    return str(answer["error"]["message"])


def test_a_stale_etag_conflicts_and_changes_nothing(client: Client) -> None:
    etag = client.read()["etag"]
    assert client.write({"etag": etag, "bindings": [binding()]})[0] == 200
    code, answer = client.write({"etag": etag, "bindings": [binding("roles/run.admin", BOB)]})
    assert (code, answer["error"]["status"]) == (409, "ABORTED")
    assert answer["error"]["message"] == (
        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
    )
    assert client.read()["bindings"] == [binding()]


def test_a_write_without_an_etag_overwrites_whatever_is_there(client: Client) -> None:
    client.write({"version": 3, "bindings": [binding(expression=UNTIL_2030)]})
    assert client.write({"version": 1, "bindings": [binding("roles/viewer", BOB)]})[0] == 200
    assert client.read()["bindings"] == [binding("roles/viewer", BOB)]


def test_an_identical_write_still_makes_a_new_etag(client: Client) -> None:
    first = client.read()
    assert client.write(first)[0] == 200
    assert client.read()["etag"] != first["etag"]


def test_a_conditional_binding_needs_version_3(client: Client) -> None:
    assert "version 3" in refusal(client, binding(expression=UNTIL_2030), version=1)


def test_a_policy_with_conditions_is_not_changed_under_its_etag_below_version_3(client: Client) -> None:
    client.write({"version": 3, "bindings": [binding(expression=UNTIL_2030)]})
    code, _ = client.write({"version": 1, "etag": client.read()["etag"], "bindings": [binding()]})
    assert code == 400


def test_a_reader_below_version_3_sees_no_condition_and_a_changed_role_name(client: Client) -> None:
    client.write({"version": 3, "bindings": [binding(expression=UNTIL_2030), binding("roles/run.admin", BOB)]})
    old = client.read(version=1)
    assert old["version"] == 1
    masked, plain = old["bindings"]
    assert plain == binding("roles/run.admin", BOB)
    assert masked.keys() == {"role", "members"}
    role, _, digest = masked["role"].partition("_withcond_")
    assert role == "roles/run.viewer"
    assert len(digest) == 20
    assert "not supported" in refusal(client, masked)


def test_a_policy_without_conditions_reads_as_version_1(client: Client) -> None:
    client.write({"version": 3, "bindings": [binding()]})
    assert client.read(version=3)["version"] == 1


@pytest.mark.parametrize("role", ["roles/owner", "roles/editor", "roles/viewer"])
def test_legacy_basic_roles_take_no_condition(client: Client, role: str) -> None:
    refusal(client, binding(role, "group:admins@example.com", expression=UNTIL_2030))


def test_new_basic_roles_take_conditions(client: Client) -> None:
    assert client.write({"version": 3, "bindings": [binding("roles/reader", expression=UNTIL_2030)]})[0] == 200


def test_an_unknown_role_is_not_supported(client: Client, google: Google) -> None:
    custom = "projects/demo-prod/roles/Restarter"
    assert refusal(client, binding(custom)) == f"Role {custom} is not supported for this resource."
    google.custom_roles.add(custom)
    assert client.write({"bindings": [binding(custom)]})[0] == 200


def test_an_organization_role_is_not_supported_on_a_project(client: Client) -> None:
    assert "not supported" in refusal(client, binding("roles/billing.viewer"))
    assert client.write({"bindings": [binding("roles/billing.viewer")]}, resource="organizations/100")[0] == 200


def window(minute: int) -> str:
    return f'request.time < timestamp("2030-01-01T00:{minute:02}:00Z")'


def test_twenty_bindings_of_one_role_to_one_principal_are_the_most(client: Client) -> None:
    twenty = [binding(expression=window(minute)) for minute in range(20)]
    assert client.write({"version": 3, "bindings": twenty})[0] == 200
    refusal(client, *twenty, binding(expression=window(20)))
    assert client.write({"version": 3, "bindings": [*twenty, binding("roles/run.viewer", BOB)]})[0] == 200


def test_1500_principals_are_the_most_counting_every_occurrence(client: Client) -> None:
    people = [f"user:p{number}@example.com" for number in range(750)]
    full = [binding("roles/run.viewer", *people), binding("roles/run.admin", *people)]
    assert client.write({"bindings": full})[0] == 200
    assert "1,500" in refusal(client, *full, binding("roles/run.developer", people[0]))


def test_whoever_is_exempt_from_audit_logs_counts_among_the_principals(client: Client) -> None:
    people = [f"user:p{number}@example.com" for number in range(1499)]
    log = {"logType": "DATA_READ", "exemptedMembers": [ALICE]}
    audit = [{"service": "allServices", "auditLogConfigs": [log]}]
    assert client.write({"bindings": [binding("roles/run.viewer", *people)]})[0] == 200
    code, answer = client.call(
        "POST",
        f"cloudresourcemanager/v3/{PROJECT}:setIamPolicy",
        {
            "policy": {"bindings": [binding("roles/run.viewer", *people, BOB)], "auditConfigs": audit},
            "updateMask": "bindings,auditConfigs",
        },
    )
    assert (code, "1,501" in answer["error"]["message"]) == (400, True)


def test_members_of_another_customer_are_refused_where_an_organization_policy_says_so(
    client: Client, google: Google
) -> None:
    assert client.write({"bindings": [binding("roles/run.viewer", "user:carol@example.org")]})[0] == 200
    google.organization_policies.customers |= {"example.com": "C01", "example.org": "C02"}
    google.organization_policies.allow(PROJECT, ["C01"])
    kept = binding("roles/run.viewer", "user:carol@example.org", ALICE)
    assert client.write({"bindings": [kept]})[0] == 200  # who was there before stays
    code, answer = client.write({"bindings": [kept, binding("roles/run.admin", "user:dan@example.org")]})
    assert (code, answer["error"]["status"]) == (400, "FAILED_PRECONDITION")
    (violation,) = answer["error"]["details"][0]["violations"]
    assert violation["type"] == "constraints/iam.allowedPolicyMemberDomains"


def test_250_groups_and_domains_are_the_most(client: Client) -> None:
    groups = [f"group:g{number}@example.com" for number in range(250)]
    assert client.write({"bindings": [binding("roles/run.viewer", *groups)]})[0] == 200
    refusal(client, binding("roles/run.viewer", *groups, "domain:example.com"))


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("request.time <", "compilation failed"),
        ("request.user == 'alice'", "undeclared reference"),
        ("1 + 1", "boolean"),
        (" && ".join(["request.time < timestamp('2030-01-01T00:00:00Z')"] * 14), "logical operators"),
        ("[1, 2].all(x, x > 0)", "macro"),
    ],
)
def test_a_bad_condition_is_refused(client: Client, expression: str, named: str) -> None:
    assert named in refusal(client, binding(expression=expression))


def test_twelve_logical_operators_are_the_most_and_those_in_texts_do_not_count(client: Client) -> None:
    thirteen = " && ".join(["resource.name != '&&'"] * 13)
    assert client.write({"version": 3, "bindings": [binding(expression=thirteen)]})[0] == 200


def test_titles_and_descriptions_have_a_length(client: Client) -> None:
    refusal(client, binding(expression=UNTIL_2030, title="t" * 101))
    refusal(client, binding(expression=UNTIL_2030, description="d" * 257))
    refusal(client, binding(expression=UNTIL_2030, title=""))
    longest = binding(expression=UNTIL_2030, title="t" * 100, description="d" * 256)
    assert client.write({"version": 3, "bindings": [longest]})[0] == 200
    assert client.read()["bindings"] == [longest]


@pytest.mark.parametrize(
    "member",
    ["alice@example.com", "user:alice", "user:a@b.c d", "allUsers", "role:x", "USER:alice@example.com", ""],
)
def test_a_member_of_no_known_form_is_refused(client: Client, member: str) -> None:
    refusal(client, binding("roles/run.viewer", member))


def test_a_binding_without_members_is_refused(client: Client) -> None:
    refusal(client, {"role": "roles/run.viewer", "members": []})


def test_nobody_becomes_owner_by_the_api_but_an_owner_stays(client: Client, google: Google) -> None:
    code, answer = client.write({"bindings": [binding("roles/owner")]})
    assert (code, answer["error"]["details"][0]["type"]) == (400, "SOLO_MUST_INVITE_OWNERS")
    assert google.policies()[PROJECT].get("bindings") is None


def test_bindings_of_one_role_and_condition_become_one(client: Client) -> None:
    client.write(
        {
            "version": 3,
            "bindings": [
                binding("roles/run.viewer", ALICE, expression=UNTIL_2030),
                binding("roles/run.viewer", ALICE),
                binding("roles/run.viewer", BOB, ALICE, expression=UNTIL_2030),
            ],
        }
    )
    assert client.read()["bindings"] == [
        binding("roles/run.viewer", ALICE, BOB, expression=UNTIL_2030),
        binding("roles/run.viewer", ALICE),
    ]


def test_audit_settings_change_only_when_the_mask_names_them(client: Client) -> None:
    audit = [{"service": "allServices", "auditLogConfigs": [{"logType": "ADMIN_READ"}]}]
    path = f"cloudresourcemanager/v3/{PROJECT}:setIamPolicy"
    assert client.write({"auditConfigs": audit})[0] == 200
    assert "auditConfigs" not in client.read()
    client.call("POST", path, {"policy": {"auditConfigs": audit}, "updateMask": "auditConfigs"})
    client.write({"bindings": [binding()]})
    assert client.read()["auditConfigs"] == audit
    assert client.call("POST", path, {"policy": {}, "updateMask": "colour"})[0] == 400


def test_a_condition_says_when_a_binding_is_in_force(client: Client, google: Google) -> None:
    expression = (
        '(request.time >= timestamp("2026-05-01T10:00:00Z") && request.time < timestamp("2026-05-01T11:00:00Z"))'
    )
    client.write({"version": 3, "bindings": [binding(expression=expression)]})

    def in_force(hour: int, minute: int, member: str = ALICE) -> bool:
        at = datetime(2026, 5, 1, hour, minute, tzinfo=UTC)
        return google.in_force(PROJECT, "roles/run.viewer", member, at)

    assert [in_force(9, 59), in_force(10, 0), in_force(10, 59), in_force(11, 0)] == [False, True, True, False]
    assert not in_force(10, 30, BOB)
    assert not google.in_force(PROJECT, "roles/run.admin", ALICE, datetime(2026, 5, 1, 10, 30, tzinfo=UTC))


def test_a_condition_on_the_resource_holds_for_that_resource_only(client: Client, google: Google) -> None:
    client.write({"version": 3, "bindings": [binding(expression="resource.name.extract('disks/{d}') == 'one'")]})
    now = datetime(2026, 5, 1, tzinfo=UTC)
    for disk, expected in (("one", True), ("two", False)):
        found = google.in_force(
            PROJECT, "roles/run.viewer", ALICE, now, attributes={"name": f"projects/demo-prod/disks/{disk}"}
        )
        assert found is expected


def test_another_administrator_can_edit_a_policy(client: Client, google: Google) -> None:
    etag = client.read()["etag"]
    google.edit(PROJECT, lambda policy: policy["bindings"].append(binding("roles/browser", BOB)))
    assert client.read()["bindings"] == [binding("roles/browser", BOB)]
    assert client.write({"etag": etag, "bindings": []})[0] == 409
