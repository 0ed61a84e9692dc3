"""Whom a drill calls, and which approvals cannot be had without those who did not answer."""

import pytest

from approvals.policy.drilling import called, lost
from approvals.policy.load import load
from tests.support.shop import POLICY

GLASS = (
    POLICY
    + """\
  - id: glass
    title: Break glass
    resource: projects/shop-prod
    roles: [roles/run.admin]
    requesters: ["group:sre"]
    approval: break_glass
    break_glass: {max: 1h, review: {by: ["group:security"], within: 3d}}
"""
)
SHOP = load(POLICY.encode(), source="policy.yaml")
SRE = {"alice@example.com", "bob@example.com", "dan@example.com"}
CAROL = "carol@example.com"
LED = POLICY.replace(
    'approvers: ["group:sre", "group:security"], needed: 1', 'approvers: ["group:lead@example.com"]'
)


def test_everybody_who_decides_on_one_of_them_is_called_once() -> None:
    assert called(SHOP, ["signed", "narrow"]).people == SRE | {CAROL}
    assert called(SHOP, ["narrow"]).people == {CAROL}
    assert called(SHOP, ["logs"]).people == set()


def test_of_whom_nobody_knows_who_that_is_nobody_is_called_but_what_the_directory_says() -> None:
    policy = load(LED.encode(), source="policy.yaml")
    assert called(policy, ["admin"]).unknown == ("group:lead@example.com",)
    told = called(policy, ["admin"], members=lambda _: frozenset({CAROL, "eve@elsewhere.example"}))
    assert told.people == {CAROL}
    assert not told.unknown


@pytest.mark.parametrize(
    ("silent", "without"),
    [
        (set(), []),
        (SRE, [("pair", 1, 2, 1), ("signed", 1, 1, 0)]),
        ({CAROL}, [("signed", 2, 1, 0), ("narrow", 1, 1, 0)]),
        (SRE - {"bob@example.com"}, []),
        (SRE | {CAROL}, [("admin", 1, 1, 0), ("pair", 1, 2, 0), ("signed", 1, 1, 0), ("narrow", 1, 1, 0)]),
        (SRE - {"dan@example.com"} | {CAROL}, [("pair", 1, 2, 1), ("signed", 2, 1, 0), ("narrow", 1, 1, 0)]),
    ],
)
def test_what_they_alone_could_decide_is_lost_and_nothing_else(
    silent: set[str], without: list[tuple[str, int, int, int]]
) -> None:
    found = [(each.id, each.stage, each.needed, each.left) for each in lost(SHOP, silent)]
    assert found == without


def test_a_review_of_emergencies_that_nobody_would_do_is_lost() -> None:
    policy = load(GLASS.encode(), source="policy.yaml")

    assert [(each.id, each.left) for each in lost(policy, {CAROL}) if each.review] == [("glass", 0)]
    assert not [each for each in lost(policy, SRE) if each.review]


def test_what_could_not_be_approved_before_is_not_lost_by_a_drill() -> None:
    policy = load(LED.encode(), source="policy.yaml")
    nobody = list(lost(policy, SRE | {CAROL}, members=lambda _: frozenset()))
    assert "admin" not in [each.id for each in nobody]


@pytest.mark.parametrize(("listed", "is_lost"), [(None, False), (frozenset[str](), True)])
def test_while_nobody_knows_who_else_may_approve_nothing_is_said_to_be_lost(
    listed: frozenset[str] | None, *, is_lost: bool
) -> None:
    both = LED.replace('["group:lead@example.com"]', '["group:lead@example.com", "group:security"]')
    policy = load(both.encode(), source="policy.yaml")

    assert ("admin" in [each.id for each in lost(policy, {CAROL}, members=lambda _: listed)]) is is_lost
