"""Eligible bindings become a policy file that lint accepts; what cannot be in it is named."""

from datetime import timedelta

import pytest
import yaml

from approvals.eligible.bindings import Eligible
from approvals.policy.lint import lint
from approvals.policy.load import load
from approvals.policy.model import Policy
from bot.migrating.carrying import Defaults
from bot.migrating.policy import Written, wider, write

ALICE, BOB, SRE = "user:alice@example.com", "user:bob@example.com", "group:sre@example.org"


def alone(project: str = "projects/shop-prod", *, role: str = "roles/compute.admin", **more: str) -> Eligible:
    return Eligible(
        project=project,
        role=role,
        kind="self",
        topic="",
        condition=more.get("condition", ""),
        askers=(ALICE,),
        approvers=(),
    )


def together(*who: str, topic: str = "") -> Eligible:
    return Eligible(
        project="projects/shop-prod",
        role="roles/run.admin",
        kind="peers",
        topic=topic,
        condition="",
        askers=who,
        approvers=who,
    )


def written(*found: Eligible, defaults: Defaults | None = None) -> Written:
    return write(found, defaults or Defaults(), made_of="iam.json")


def loaded(text: str) -> Policy:
    return load(text.encode(), source="policy.yaml")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (together(ALICE), "nobody else could approve"),
        (alone(role="roles/owner"), "cannot be granted for a time"),
        (alone("projects/4711"), "projects/4711"),
        (alone("//storage.googleapis.com/projects/_/buckets/b"), "resource"),
        (alone(role="projects/other-one/roles/Ops"), "custom role"),
        (alone(role="Owner"), "role"),
        (alone(condition="my.thing == 1"), "my"),
        (alone(condition=" && ".join(["resource.name == 'x'"] * 12)), "logical operators"),
    ],
)
def test_what_can_be_no_entitlement_is_left_out_and_named_and_the_others_are_there(
    entry: Eligible, said: str
) -> None:
    found = written(entry, together(ALICE, BOB))

    assert found.entitlements == 1
    assert [said in each.text for each in found.left_out] == [True]
    assert list(loaded(found.text).entitlements) == ["shop-prod-run-admin"]


@pytest.mark.parametrize(
    ("catalog", "entry", "said"),
    [
        ("", alone(condition="resource.name == 'x'"), ["Policy Analyzer"]),
        ("PolicyAnalyzer", alone(condition="resource.name == 'x'"), ["Policy Analyzer"]),
        ("AssetInventory", alone(condition="resource.name == 'x'"), []),
        ("assetinventory", together(ALICE, SRE), ["Asset Inventory"]),
        ("", together(ALICE, SRE), []),
        ("AssetInventory", together(ALICE, BOB), []),
        ("", alone(), []),
    ],
)
def test_where_more_is_offered_than_jit_access_did_is_said(catalog: str, entry: Eligible, said: list[str]) -> None:
    found = list(wider([entry], catalog=catalog))

    assert [word for word in ("Policy Analyzer", "Asset Inventory") if word in str(found)] == said
    assert len(found) == len(said)


def test_whoever_asks_is_among_the_peers_and_never_approves_their_own() -> None:
    entitlement = loaded(written(together(ALICE, BOB)).text).entitlements["shop-prod-run-admin"]

    assert entitlement.requesters == (ALICE, BOB)
    (stage,) = entitlement.requirement.stages
    assert (stage.approvers, stage.needed) == ((ALICE, BOB), 1)


def test_the_defaults_are_those_of_the_settings() -> None:
    defaults = Defaults(domain="example.net", longest=30, pending=45, pattern=r"b/\d+ 'x'", hint="A bug: #1")
    policy = loaded(written(alone(), defaults=defaults).text)
    entitlement = policy.entitlements["shop-prod-compute-admin"]

    assert policy.identity.domains == ("example.com", "example.net")
    assert (policy.pending, entitlement.duration.max) == (timedelta(minutes=45), timedelta(minutes=30))
    assert entitlement.justification.pattern == r"b/\d+ 'x'"
    assert entitlement.justification.hint == "A bug: #1"


def test_the_domain_of_groups_counts_only_where_nobody_is_named() -> None:
    assert loaded(written(together(SRE, ALICE)).text).identity.domains == ("example.com",)
    assert loaded(written(together(SRE)).text).identity.domains == ("example.org",)


def test_who_has_an_address_that_anybody_can_have_is_left_out_and_named_and_the_others_are_there() -> None:
    mallory = "user:mallory@gmail.com"
    found = written(together(mallory, ALICE, BOB), together(mallory, topic="b"))

    assert loaded(found.text).identity.domains == ("example.com",)
    assert [each.place for each in found.left_out] == [mallory, "projects/shop-prod, roles/run.admin"]
    (entitlement,) = loaded(found.text).entitlements.values()
    assert (entitlement.requesters, entitlement.requirement.stages[0].approvers) == ((ALICE, BOB), (ALICE, BOB))


def test_four_hundred_bindings_that_can_be_none_are_named_one_by_one_and_looked_at_together() -> None:
    # A look for each of them took a minute.
    bad = [alone(f"projects/shop-{number}", role="roles/owner") for number in range(400)]
    found = written(*bad, together(ALICE, BOB))

    assert (found.entitlements, len(found.left_out)) == (1, 400)
    assert len({each.place for each in found.left_out}) == 400
    assert all("cannot be granted for a time" in each.text for each in found.left_out)


def test_ids_are_unique_and_fit_whatever_projects_and_roles_are_called() -> None:
    long = "projects/" + "p" * 30
    found = written(
        alone(long, role="roles/" + "a" * 60 + ".admin"),
        alone(long, role="roles/" + "a" * 60 + ".editor"),
        alone(condition='resource.name == "x"'),
        alone(condition='resource.name == "y"'),
        alone(),
    )
    ids = list(loaded(found.text).entitlements)

    assert found.entitlements == len(ids) == 5
    assert ids[2:] == ["shop-prod-compute-admin", "shop-prod-compute-admin-2", "shop-prod-compute-admin-3"]


def test_the_file_writes_every_value_out_and_the_same_each_time() -> None:
    entries = [together(ALICE, BOB, topic=topic) for topic in "ab"]

    assert written(*entries).text == written(*reversed(entries)).text
    assert "&id" not in written(*entries).text
    assert not [problem for problem in lint(written(*entries).text, source="") if problem.severity == "error"]


def test_three_hundred_bindings_over_forty_projects_are_all_written() -> None:
    entries = [
        alone(f"projects/shop-{number % 40:02}-prod", role=f"organizations/9/roles/ops_{number}")
        for number in range(300)
    ]
    found = written(*entries)

    assert (found.entitlements, found.left_out) == (300, ())
    assert len(yaml.safe_load(found.text)["entitlements"]) == 300
