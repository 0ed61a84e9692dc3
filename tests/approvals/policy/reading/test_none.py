"""`grant: none`: an entitlement that grants nothing. What would grant something is named with its place."""

import pytest
from jsonschema import Draft202012Validator
from yaml import safe_load

from approvals.policy.lint import lint
from approvals.policy.reading.parse import parse
from approvals.policy.reading.schema import schema
from approvals.targets import ApprovalOnly
from tests.approvals.policy.files import whereabouts

HEAD = """\
version: 1
identity: {domains: [example.com]}
defaults: {duration: {default: 1h, max: 4h}, channel: "#access"}
entitlements:
  - id: friday
    title: Deploy on Friday
    requesters: [alice@example.com]
    approval: [{approvers: [bob@example.com]}]
"""
NONE = HEAD + "    grant: none\n"
SELF = NONE.replace("[{approvers: [bob@example.com]}]", "self")


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
def test_nothing_that_grants_stands_beside_it(key: str, value: str) -> None:
    text = f"{NONE}    {key}: {value}\n"
    line, col = whereabouts(text, value)

    assert problems(text) == [("none-and-grants", line, col)]
    (found,) = lint(text, source="p.yaml")
    assert f"leave {key} out, or grant" in found.text
    assert not valid(text)


def test_an_emergency_gives_access_so_it_is_none() -> None:
    glass = "break_glass: {max: 1h, review: {by: [bob@example.com], within: 3d}}"
    text = NONE.replace("[{approvers: [bob@example.com]}]", "break_glass") + f"    {glass}\n"
    line, col = whereabouts(text, "break_glass\n")

    assert problems(text) == [("bad-approval", line, col)]
    assert not valid(text)


@pytest.mark.parametrize(("value", "code"), [("nothing", "bad-value"), ("[none]", "wrong-type")])
def test_nothing_else_is_a_way_to_grant(value: str, code: str) -> None:
    text = f"{HEAD}    grant: {value}\n    resource: projects/shop-prod\n    roles: [roles/logging.viewer]\n"

    assert problems(text)[0][0] == code
    assert not valid(text)


def test_without_it_something_has_to_be_granted_and_lint_says_both_ways() -> None:
    (found,) = [each for each in lint(HEAD, source="p.yaml") if each.severity == "error"]

    assert found.code == "missing-key"
    assert "“grant: none”" in found.text


@pytest.mark.parametrize("text", [NONE, SELF])
def test_an_entitlement_may_grant_nothing(text: str) -> None:
    assert problems(text) == []
    assert valid(text)
    found = parse(text, source="p.yaml").entitlements["friday"]
    assert found.targets == (ApprovalOnly(),)
    assert found.approval_only


def test_iam_is_what_is_meant_where_nothing_is_written() -> None:
    given = "    resource: projects/shop-prod\n    roles: [roles/logging.viewer]\n"

    written = parse(f"{HEAD}{given}    grant: iam\n", source="p.yaml")
    assert written.entitlements == parse(HEAD + given, source="p.yaml").entitlements
    assert not written.entitlements["friday"].approval_only


# --- guardrails find it by its id


def guarded(rules: str, text: str = NONE) -> str:
    return text.replace("entitlements:\n", f"guardrails: {{{rules}}}\nentitlements:\n", 1)


@pytest.mark.parametrize("pattern", ["entitlements/friday", "entitlements/*", "*/*"])
def test_no_self_and_deny_find_it_by_its_id(pattern: str) -> None:
    alone = guarded(f'no_self: ["{pattern}"]', SELF)
    denied = guarded(f'deny: [{{who: [alice@example.com], what: ["{pattern}"], reason: Not on Fridays}}]')

    assert [code for code, _, _ in problems(alone)] == ["never-alone"]
    assert [code for code, _, _ in problems(denied)] == ["all-denied"]


@pytest.mark.parametrize("pattern", ["entitlements/monday", "projects/*", "projects/friday"])
def test_a_pattern_of_something_else_does_not(pattern: str) -> None:
    assert problems(guarded(f'no_self: ["{pattern}"]', SELF)) == []


@pytest.mark.parametrize("pattern", ["friday", "shop-prod", "entitlement/friday", "entitlements/"])
def test_what_lacks_the_word_in_front_is_no_pattern(pattern: str) -> None:
    text = guarded(f'no_self: ["{pattern}"]')

    assert problems(text)[0][0] == "bad-match"
    assert not valid(text)


def test_an_entitlement_of_roles_is_found_by_its_id_as_well() -> None:
    given = SELF.replace("grant: none", "resource: projects/shop-prod\n    roles: [roles/logging.viewer]")

    assert [code for code, _, _ in problems(guarded('no_self: ["entitlements/friday"]', given))] == ["never-alone"]


def test_roles_that_are_never_given_have_nothing_to_say_of_it() -> None:
    assert problems(guarded('never_roles: ["roles/*"]')) == []
