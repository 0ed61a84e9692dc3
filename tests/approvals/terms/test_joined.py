"""Version 7 of what is digested: a membership of one group. It is never read as roles, nor roles as one."""

from typing import Any

import msgspec
import pytest

from approvals.policy.model import Requirement
from approvals.targets import ApprovalOnly, GroupMember, IamRoles, Target, covers
from approvals.terms import v7
from approvals.terms.covered import CoveredError, cover, read
from approvals.terms.records import Asked, Terms, without_text
from countersign_client.canonical import canonical
from tests.support.builders import NOW, REFUND, approval_terms, terms

GROUP = GroupMember(group="prod-admins@example.com")
ROLES = IamRoles(resource="projects/p", roles=("roles/r",))
SAME_WORDS = IamRoles(resource="groups/prod-admins@example.com", roles=("MEMBER",))


def joined(**changes: Any) -> Terms:
    return approval_terms(targets=(GROUP,), **changes)


def asked(found: Terms) -> Asked:
    return Asked(request="r-0123456789", revision=1, requester="alice@example.com", terms=found)


def written(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(cover(asked(joined(**changes))).text)
    return found


@pytest.mark.parametrize(
    "targets",
    [(), (ROLES,), (SAME_WORDS,), (GROUP, ROLES), (GROUP, GROUP), (GROUP, ApprovalOnly()), (REFUND,)],
)
def test_nothing_else_is_ever_written_as_one(targets: tuple[Target, ...]) -> None:
    with pytest.raises(ValueError, match="not a membership alone"):
        v7.write(asked(terms(targets=targets)))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("targets", []),
        ("targets", [{"kind": "none"}]),
        ("targets", [{"kind": "group"}]),
        ("targets", [{"kind": "group", "group": "prod-admins"}]),
        ("targets", [{"kind": "group", "group": "Prod@example.com"}]),
        ("targets", [{"kind": "group", "group": "prod@example.com\\n"}]),
        ("targets", [{"kind": "group", "group": "prod@example.com", "role": "OWNER"}]),
        ("targets", [{"kind": "group", "group": "prod@example.com"}] * 2),
        ("roles", ["roles/owner"]),
        ("v", 5),
        ("v", 4),
    ],
)
def test_what_is_no_membership_is_not_read_as_one(member: str, value: Any) -> None:
    with pytest.raises(CoveredError):
        read(canonical(written() | {member: value}).decode())


@pytest.mark.parametrize(
    "found",
    [
        joined(),
        joined(start=NOW),
        joined(extends="r-9876543210", start=NOW),
        joined(requirement=Requirement(kind="self")),
        joined(requirement=Requirement(kind="break_glass")),
    ],
)
def test_a_membership_is_said_by_version_7_and_read_back(found: Terms) -> None:
    covered = cover(asked(found))

    assert msgspec.json.decode(covered.text)["v"] == 7
    assert read(covered.text) == without_text(asked(found))


@pytest.mark.parametrize("other", [ROLES, SAME_WORDS, ApprovalOnly(), GroupMember(group="others@example.com")])
def test_it_covers_nothing_but_itself(other: Any) -> None:
    assert covers((GROUP,), asked=(GROUP,))
    assert not covers((GROUP,), asked=(other,))
    assert not covers((other,), asked=(GROUP,))
