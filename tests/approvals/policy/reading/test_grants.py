"""Bundles: entitlements that give roles on several resources. What contradicts is named with its place."""

import pytest
from jsonschema import Draft202012Validator
from yaml import safe_load

from approvals.people.memberships import NOTHING_KNOWN
from approvals.policy.lint import lint
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from approvals.policy.reading.schema import schema
from approvals.refusals.errors import Refused
from approvals.targets import IamRoles, accesses
from approvals.terms.offered import still_offered
from tests.approvals.policy.files import whereabouts
from tests.support.builders import NOW, terms

HEAD = """\
version: 1
identity: {domains: [example.com]}
defaults: {duration: {default: 1h, max: 4h}, channel: "#access"}
entitlements:
  - id: incident
    title: Incident response
    requesters: [alice@example.com]
    approval: [{approvers: [bob@example.com]}]
"""
NEITHER = "an entitlement needs “resource” and “roles”, or “grants” for several, or “grant: none” for neither"
TWO = (
    HEAD
    + """\
    grants:
      - {resource: projects/shop-prod, roles: [roles/compute.viewer, roles/logging.viewer]}
      - {resource: projects/shop-data, roles: [roles/bigquery.dataViewer], condition: 'resource.name != "x"'}
"""
)


def problems(text: str) -> list[tuple[str, int, int]]:
    return [(each.code, each.line, each.col) for each in lint(text, source="p.yaml")]


def many(count: int) -> str:
    lines = (f"      - {{resource: projects/shop-{n:03}, roles: [roles/logging.viewer]}}\n" for n in range(count))
    return HEAD + "    grants:\n" + "".join(lines)


def test_the_same_role_twice_on_one_resource_is_named_with_its_place() -> None:
    text = TWO.replace("projects/shop-data", "projects/shop-prod").replace(
        "roles/bigquery.dataViewer", "roles/bigquery.dataViewer, roles/logging.viewer"
    )
    line, col = whereabouts(text, "roles/logging.viewer], condition")

    (found,) = lint(text, source="p.yaml")
    assert (found.code, found.line, found.col) == ("duplicate-role", line, col)
    assert found.text == "roles/logging.viewer is given on projects/shop-prod already, on line 10"


@pytest.mark.parametrize("where", ["", "resource: projects/X, "])
def test_grants_of_which_nobody_knows_where_are_not_said_to_lie_on_one_resource(where: str) -> None:
    """What is missing or wrong is said of each, and nothing else."""
    text = HEAD + "    grants:\n" + f"      - {{{where}roles: [roles/logging.viewer]}}\n" * 2

    assert len({found.code for found in lint(text, source="p.yaml")}) == 1


def test_more_than_ten_targets_are_refused_at_the_eleventh() -> None:
    text = many(11)
    line, col = whereabouts(text, "{resource: projects/shop-010")

    assert problems(many(10)) == []
    assert problems(text) == [("too-many-grants", line, col)]


def test_a_resource_twice_with_different_conditions_is_allowed() -> None:
    text = TWO.replace("projects/shop-data", "projects/shop-prod")

    assert problems(text) == []
    targets = accesses(parse(text, source="p.yaml").entitlements["incident"].targets)
    assert [(target.resource, target.condition) for target in targets] == [
        ("projects/shop-prod", ""),
        ("projects/shop-prod", 'resource.name != "x"'),
    ]


@pytest.mark.parametrize("own", ["resource: projects/shop-prod", "roles: [roles/run.admin]", "condition: 'true'"])
def test_grants_beside_a_resource_or_roles_of_its_own_contradict(own: str) -> None:
    text = TWO + f"    {own}\n"
    value = own.partition(": ")[2]

    assert [code for code, *_ in problems(text)] == ["grants-and-own"]
    assert problems(text)[0][1:] == (whereabouts(text, f"    {own}")[0], 5 + len(own) - len(value))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{resource: projects/shop-data, roles", "{roles", "missing-key"),
        (", roles: [roles/bigquery.dataViewer]", "", "missing-key"),
        ("projects/shop-data", "shop-data", "bad-resource"),
        ("[roles/bigquery.dataViewer]", "[]", "empty-list"),
        ("[roles/bigquery.dataViewer]", "[roles/owner]", "basic-role"),
        ("condition:", "where:", "unknown-key"),
    ],
)
def test_a_target_that_is_not_sound_is_no_target(old: str, new: str, code: str) -> None:
    assert old in TWO

    assert code in [found for found, *_ in problems(TWO.replace(old, new))]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (
            "",
            [NEITHER],
        ),
        (
            "    condition: 'true'\n",
            [NEITHER],
        ),
        ("    resource: projects/shop-data\n", ["an entitlement needs “roles”"]),
        ("    roles: [roles/logging.viewer]\n", ["an entitlement needs “resource”"]),
    ],
)
def test_an_entitlement_that_gives_nothing_is_told_both_ways_to_give_something(own: str, said: list[str]) -> None:
    with pytest.raises(PolicyError) as refusal:
        parse(HEAD + own, source="p.yaml")

    found = [problem for problem in refusal.value.problems if problem.code == "missing-key"]
    assert [problem.text for problem in found] == said
    assert {(problem.line, problem.col) for problem in found} == {whereabouts(HEAD, "id: incident")}


def test_a_bundle_of_nothing_is_refused() -> None:
    assert [code for code, *_ in problems(HEAD + "    grants: []\n")] == ["empty-list"]


def test_a_list_of_one_is_what_a_resource_and_roles_are() -> None:
    one = many(1)
    plain = HEAD + "    resource: projects/shop-000\n    roles: [roles/logging.viewer]\n"

    found = [parse(text, source="p.yaml").entitlements["incident"].targets for text in (one, plain)]
    assert found[0] == found[1] == (IamRoles(resource="projects/shop-000", roles=("roles/logging.viewer",)),)


def test_the_editor_knows_bundles() -> None:
    check = Draft202012Validator(schema())

    assert check.is_valid(safe_load(TWO))
    assert check.is_valid(safe_load(many(10)))
    for wrong in (many(11), TWO + "    resource: projects/shop-prod\n", HEAD, HEAD + "    grants: []\n"):
        assert not check.is_valid(safe_load(wrong))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("projects/shop-data", "projects/shop-test"),
        ("[roles/bigquery.dataViewer]", "[roles/bigquery.user]"),
        ('!= "x"', '!= "y"'),
        ("roles/compute.viewer, ", ""),
    ],
)
def test_a_frozen_bundle_that_the_policy_no_longer_covers_wholly_is_refused(old: str, new: str) -> None:
    policy = parse(TWO, source="p.yaml")
    frozen = terms(
        entitlement="incident",
        targets=policy.entitlements["incident"].targets,
        requirement=policy.entitlements["incident"].requirement,
    )
    assert old in TWO

    still_offered(policy, frozen, requester="alice@example.com", memberships=NOTHING_KNOWN, now=NOW)
    with pytest.raises(Refused) as refused:
        still_offered(
            parse(TWO.replace(old, new), source="p.yaml"),
            frozen,
            requester="alice@example.com",
            memberships=NOTHING_KNOWN,
            now=NOW,
        )
    assert refused.value.code == "terms.changed"
