"""What the policy adds to what IAM offers: the first overlay that fits, and for what it leaves out, the source."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.eligible.bindings import Attached, Binding
from approvals.offers.iam_offers import offers
from approvals.policy.model import Entitlement
from tests.support.eligible import ADMIN, JIT, MPA, SOURCE, VIEWER, sourced
from tests.support.world import ALICE, BOB

PROD, OTHER = "projects/shop-prod", "projects/shop-test"
USUAL = """\
    channel: "#iam"
    sign: typed
    justification: {pattern: '^INC-.*', hint: 'the incident'}
    approval: [{approvers: [carol@example.com]}]
"""
FIRST = """\
    overlays:
      - {roles: [roles/compute.*], resources: [projects/*-prod], channel: "#prod"}
      - {roles: [roles/compute.*], approval: [{approvers: [gwen@example.com]}]}
      - {resources: [projects/*-prod], duration: {default: 5m, max: 10m}}
      - {channel: "#never", justification: {pattern: '^b/.*', hint: 'a bug'}}
"""


def offered(source: str, role: str, project: str = PROD, marker: str = MPA, **policy: str) -> Entitlement:
    """What IAM offers by one binding of a project."""
    binding = Binding(
        role=role, members=(f"user:{ALICE}", f"user:{BOB}"), condition=marker, place=project, title="eligible"
    )
    found = offers(
        sourced(source=SOURCE + source + policy.get("more", "")),
        [Attached(resource=project, bindings=(binding,))],
        {project: ()},
    )
    assert found.left_out == ()
    (one,) = found.offered
    return one.entitlement


def said(found: Entitlement) -> dict[str, Any]:
    assert found.duration is not None
    assert found.justification is not None
    return {
        "channel": found.channel,
        "most": found.duration.max,
        "hint": found.justification.hint,
        "approvers": [each.approvers for each in found.requirement.stages],
        "signs": found.requirement.stages[0].sign if found.requirement.stages else "",
    }


PEERS, CAROL, GWEN = (f"user:{ALICE}", f"user:{BOB}"), ("user:carol@example.com",), ("user:gwen@example.com",)
AS_THE_SOURCE = {
    "channel": "#iam",
    "most": timedelta(hours=2),
    "hint": "the incident",
    "approvers": [PEERS, CAROL],
    "signs": "typed",
}


@pytest.mark.parametrize(
    ("source", "role", "project", "differs"),
    [
        (USUAL, ADMIN, PROD, {}),
        (USUAL + FIRST, ADMIN, PROD, {"channel": "#prod"}),
        (USUAL + FIRST, ADMIN, OTHER, {"approvers": [PEERS, GWEN]}),
        (USUAL + FIRST, VIEWER, PROD, {"most": timedelta(minutes=10)}),
        (USUAL + FIRST, VIEWER, OTHER, {"channel": "#never", "hint": "a bug"}),
    ],
    ids=["no overlay", "by role and project", "by role alone", "by project alone", "by nothing"],
)
def test_the_first_overlay_that_fits_counts_and_the_rest_is_as_the_source_has_it(
    source: str, role: str, project: str, differs: dict[str, Any]
) -> None:
    assert said(offered(source, role, project)) == AS_THE_SOURCE | differs


def test_an_overlay_needs_both_its_roles_and_its_projects() -> None:
    both = '    overlays: [{roles: [roles/compute.*], resources: [projects/*-prod], channel: "#prod"}]\n'

    assert [said(offered(USUAL + both, *each))["channel"] for each in ((VIEWER, PROD), (ADMIN, OTHER))] == [
        "#iam",
        "#iam",
    ]


def test_peers_come_first_and_where_there_are_none_whom_the_policy_names_approves_alone() -> None:
    alone = offered(USUAL, ADMIN, marker=JIT)

    assert (alone.requirement.kind, said(alone)["approvers"]) == ("stages", [CAROL])
    assert offered("", ADMIN, marker=JIT).requirement.kind == "self"


def test_what_the_file_bounds_for_all_bounds_what_iam_offers() -> None:
    fence = "guardrails: {max_duration: 30m}\n"
    found = offered(USUAL, ADMIN, more=fence)

    assert found.duration is not None
    assert (found.duration.default, found.duration.max) == (timedelta(minutes=30), timedelta(minutes=30))
