"""`grant: group`: an entitlement that lets people into a group. What cannot work is named with its place."""

import pytest
from jsonschema import Draft202012Validator
from yaml import safe_load

from approvals.policy.lint import lint
from approvals.policy.loosening import differences, looser
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from approvals.policy.reading.schema import schema
from approvals.targets import GroupMember
from tests.approvals.policy.files import whereabouts

HEAD = """\
version: 1
identity: {domains: [example.com]}
defaults: {duration: {default: 1h, max: 4h}, channel: "#access"}
groups: {sre: ["user:carol@example.com"]}
entitlements:
  - id: admins
    title: Administrators of production
    requesters: [alice@example.com]
    approval: [{approvers: [bob@example.com]}]
"""
GROUP = HEAD + "    grant: group\n    group: Prod-Admins@example.com\n"


def problems(text: str) -> list[tuple[str, int, int]]:
    return [(each.code, each.line, each.col) for each in lint(text, source="p.yaml") if each.severity == "error"]


def valid(text: str) -> bool:
    return Draft202012Validator(schema()).is_valid(safe_load(text))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("resource", "projects/shop-prod"),
        ("roles", "[roles/logging.viewer]"),
        ("condition", "'true'"),
        ("grants", "[{resource: projects/shop-prod, roles: [roles/logging.viewer]}]"),
    ],
)
def test_no_roles_stand_beside_it(key: str, value: str) -> None:
    text = f"{GROUP}    {key}: {value}\n"

    assert problems(text) == [("group-and-grants", *whereabouts(text, value))]
    assert not valid(text)


@pytest.mark.parametrize(
    "value",
    ["sre", "group:sre", "group:sre@example.com", "a b@example.com", "sre@example", "x@p.iam.gserviceaccount.com"],
)
def test_what_is_no_group_of_the_directory_is_refused(value: str) -> None:
    text = GROUP.replace("Prod-Admins@example.com", f'"{value}"')
    (found,) = [each for each in lint(text, source="p.yaml") if each.severity == "error"]

    assert found.code == "bad-group"
    assert "NAME@DOMAIN" in found.text


def test_which_group_has_to_be_said() -> None:
    text = HEAD + "    grant: group\n"

    assert [code for code, *_ in problems(text)] == ["missing-key"]
    assert not valid(text)


@pytest.mark.parametrize("more", ["grant: none", "resource: projects/shop-prod\n    roles: [roles/x.y]"])
def test_a_group_is_named_only_where_it_is_given(more: str) -> None:
    text = f"{HEAD}    {more}\n    group: prod-admins@example.com\n"

    assert "group-and-grant" in [code for code, *_ in problems(text)]
    assert not valid(text)


def test_it_is_no_part_of_a_bundle() -> None:
    text = f"{HEAD}    grants: [{{group: prod-admins@example.com}}]\n"
    with pytest.raises(PolicyError):
        parse(text, source="p.yaml")
    assert not valid(text)


def test_a_membership_is_read_in_small_letters() -> None:
    found = parse(GROUP, source="p.yaml").entitlements["admins"]

    assert found.targets == (GroupMember(group="prod-admins@example.com"),)
    assert found.places == ("groups/prod-admins@example.com", "entitlements/admins")
    assert valid(GROUP.replace("Prod-Admins", "prod-admins"))


def test_guardrails_reach_a_group_by_its_address() -> None:
    text = GROUP.replace("[{approvers: [bob@example.com]}]", "self")
    fenced = f'{text}guardrails: {{no_self: ["groups/*-admins@example.com"]}}\n'

    assert [code for code, *_ in problems(fenced)] == ["never-alone"]
    assert problems(text) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('administrators: ["group:prod-admins@example.com"]\n', "looks at every request"),
        ('delegates: ["group:prod-admins@example.com"]\n', "stand in"),
    ],
)
def test_what_the_policy_itself_gives_the_group_is_said(more: str, said: str) -> None:
    found = [each for each in lint(GROUP + more, source="p.yaml") if each.code == "joining-decides"]

    assert [said in each.text for each in found] == [True]
    assert (found[0].line, found[0].col) == whereabouts(GROUP + more, "Prod-Admins@example.com")


def test_who_would_approve_by_it_is_said() -> None:
    text = GROUP.replace("approvers: [bob@example.com]", 'approvers: ["group:prod-admins@example.com"]')
    (found,) = [each for each in lint(text, source="p.yaml") if each.code == "joining-decides"]

    assert "approves admins" in found.text


ROLES = HEAD + "    resource: projects/shop-prod\n    roles: [roles/logging.viewer]\n"
NONE = HEAD + "    grant: none\n"
OTHER = GROUP.replace("Prod-Admins", "root")


@pytest.mark.parametrize(
    ("before", "after", "is_looser"),
    [
        (GROUP, OTHER, True),
        (ROLES, GROUP, True),
        (NONE, GROUP, True),
        (GROUP, ROLES, True),
        (GROUP, NONE, False),
        (GROUP, GROUP, False),
    ],
)
def test_another_group_or_another_kind_is_looser(before: str, after: str, is_looser: bool) -> None:
    found = differences(parse(after, source="p.yaml"), before=parse(before, source="p.yaml"))

    assert looser(found) == is_looser
