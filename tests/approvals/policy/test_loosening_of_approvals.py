"""What comes to grant something is looser, whatever that is; what comes to grant nothing is not."""

import pytest

from approvals.policy.alone import newly_alone
from approvals.policy.loosening import differences
from approvals.policy.model import Policy
from approvals.policy.reading.parse import parse

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
NONE = "    grant: none\n"
ROLES = "    resource: projects/shop-prod\n    roles: [roles/logging.viewer]\n"
SEVERAL = """\
    grants:
      - {resource: projects/shop-prod, roles: [roles/compute.viewer]}
      - {resource: projects/shop-data, roles: [roles/bigquery.dataViewer]}
"""


def read(gives: str, *, alone: bool = False) -> Policy:
    text = HEAD.replace("[{approvers: [bob@example.com]}]", "self") if alone else HEAD
    return parse(text + gives, source="p.yaml")


def sides(now: str, was: str) -> list[tuple[str, str]]:
    return [(each.side, each.text) for each in differences(read(now), before=read(was))]


@pytest.mark.parametrize("gives", [ROLES, SEVERAL])
def test_to_grant_what_was_an_approval_alone_is_looser(gives: str) -> None:
    ((side, text),) = sides(gives, NONE)

    assert side == "looser"
    assert text.endswith("was nothing, an approval alone")


@pytest.mark.parametrize("gave", [ROLES, SEVERAL])
def test_to_grant_nothing_any_more_is_narrower(gave: str) -> None:
    ((side, text),) = sides(NONE, gave)

    assert side == "narrower"
    assert text.startswith("gives: nothing, an approval alone; was ")


@pytest.mark.parametrize("gives", [NONE, ROLES])
def test_what_grants_the_same_is_the_same(gives: str) -> None:
    assert sides(gives, gives) == []


def test_what_people_approve_themselves_and_comes_to_grant_is_told_with_what_it_gives() -> None:
    (found,) = newly_alone(read(ROLES, alone=True), before=read(NONE, alone=True))

    assert found.text == (
        "friday needs nobody else's approval, and now also gives roles/logging.viewer on projects/shop-prod"
    )


def test_one_that_people_come_to_approve_themselves_is_told() -> None:
    (found,) = newly_alone(read(NONE, alone=True), before=read(NONE))

    assert found.text == "friday no longer needs anybody else's approval: people approve it themselves"
