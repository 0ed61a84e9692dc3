"""Who is eligible, by project: peers, inheritance, and what could not be read beside it."""

from collections.abc import Mapping, Sequence

import pytest

from approvals.eligible.bindings import Attached, Binding, Eligible, Found, eligible

JIT, MPA = "has({}.jitAccessConstraint)", "has({}.multiPartyApprovalConstraint)"
ALICE, BOB, SRE = "user:alice@example.com", "user:bob@example.com", "group:sre@example.com"
ROLE = "roles/compute.admin"


def on(resource: str, *bindings: tuple[str, Sequence[str]], role: str = ROLE) -> Attached:
    made = (
        Binding(role=role, members=tuple(members), condition=condition, place=f"{resource}[{number}]")
        for number, (condition, members) in enumerate(bindings)
    )
    return Attached(resource=resource, bindings=tuple(made))


def found(*policies: Attached, projects: Mapping[str, Sequence[str]] | None = None, scope: str = "") -> Found:
    return eligible(policies, projects if projects is not None else {"projects/shop-prod": ()}, scope=scope)


def peers(*who: str) -> tuple[Eligible, ...]:
    return tuple(each for each in found(on("projects/shop-prod", (MPA, who))).eligible)


@pytest.mark.parametrize(
    "member",
    [
        "serviceAccount:ci@shop.iam.gserviceaccount.com",
        "user:ci@shop.iam.gserviceaccount.com",
        "domain:example.com",
        "allAuthenticatedUsers",
        "deleted:user:dan@example.com?uid=1",
        "principal://iam.googleapis.com/locations/global/workforcePools/p/subject/s",
        "user:no address",
        "",
    ],
)
def test_who_is_no_user_or_group_is_eligible_for_nothing_and_named(member: str) -> None:
    both = found(on("projects/shop-prod", (JIT, [ALICE, member])))

    assert [each.askers for each in both.eligible] == [(ALICE,)]
    assert [each.place for each in both.left_out] == ["projects/shop-prod[0]"]
    assert member in both.left_out[0].text


def test_one_unreadable_binding_hides_no_other() -> None:
    both = found(on("projects/shop-prod", (f"{JIT} &&", [ALICE]), (JIT, [BOB]), (f"!{JIT}", [ALICE])))

    assert [each.askers for each in both.eligible] == [(BOB,)]
    assert [each.place for each in both.left_out] == ["projects/shop-prod[0]", "projects/shop-prod[2]"]


def test_a_binding_without_a_marker_makes_nobody_eligible() -> None:
    both = found(on("projects/shop-prod", ("", [ALICE]), ('resource.name == "x"', [BOB])))

    assert both == Found(eligible=(), left_out=())


def test_peers_are_who_has_the_same_binding_and_the_same_topic() -> None:
    both = found(
        on(
            "projects/shop-prod",
            ("has({}.multiPartyApprovalConstraint.a)", [ALICE]),
            ("has({}.multiPartyApprovalConstraint.A)", [BOB]),
            ("has({}.multiPartyApprovalConstraint.b)", [SRE]),
            (f"{MPA} && resource.name == 'x'", ["user:dan@example.com"]),
        )
    )

    assert {(each.topic, each.condition, each.approvers) for each in both.eligible} == {
        ("a", "", (ALICE, BOB)),
        ("b", "", (SRE,)),
        ("", 'resource.name == "x"', ("user:dan@example.com",)),
    }


def test_addresses_are_compared_without_capitals() -> None:
    assert [each.askers for each in peers("user:Alice@Example.com", ALICE)] == [(ALICE,)]


def test_of_both_kinds_for_one_role_and_condition_the_one_without_peers_wins_for_whoever_has_both() -> None:
    both = found(on("projects/shop-prod", (JIT, [ALICE]), (MPA, [ALICE, BOB])))

    alone, together = both.eligible
    assert (alone.kind, alone.askers) == ("self", (ALICE,))
    assert (together.kind, together.askers, together.approvers) == ("peers", (BOB,), (ALICE, BOB))


def test_it_wins_under_its_own_condition_alone() -> None:
    one, three = "resource.name == 'one'", "resource.name == 'three'"
    bindings = [f"{JIT} && {one}", f"{MPA} && {one}", f"{MPA} && {three}", MPA]
    both = found(on("projects/shop-prod", *((condition, [ALICE]) for condition in bindings)))

    assert {(each.kind, each.condition) for each in both.eligible} == {
        ("self", 'resource.name == "one"'),
        ("peers", 'resource.name == "three"'),
        ("peers", ""),
    }


def test_a_binding_of_a_folder_is_one_of_each_project_below_it_and_never_of_the_folder() -> None:
    both = found(
        on("folders/1", (MPA, [ALICE])),
        on("projects/shop-prod", (MPA, [BOB])),
        projects={"projects/shop-prod": ["folders/1"], "projects/shop-data": ["folders/1", "organizations/9"]},
    )

    assert [(each.project, each.approvers) for each in both.eligible] == [
        ("projects/shop-prod", (ALICE, BOB)),
        ("projects/shop-data", (ALICE,)),
    ]


def test_nothing_outside_the_scope_counts() -> None:
    both = found(
        on("organizations/9", (JIT, [BOB])),
        on("folders/1", (JIT, [ALICE])),
        on("projects/other-one", (JIT, [BOB])),
        projects={
            "projects/shop-prod": ["folders/1", "organizations/9"],
            "projects/other-one": ["organizations/9"],
        },
        scope="folders/1",
    )

    assert [(each.project, each.askers) for each in both.eligible] == [("projects/shop-prod", (ALICE,))]
    assert {each.place for each in both.left_out} == {"organizations/9", "projects/other-one"}


def test_a_folder_without_a_project_is_named() -> None:
    both = found(on("folders/1", (JIT, [ALICE])), projects={})

    assert [(each.place, "Export those as well" in each.text) for each in both.left_out] == [("folders/1", True)]
