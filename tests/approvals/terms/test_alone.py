"""Version 5 of what is digested: an approval alone. It is never read as access, nor access as one."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Requirement, Stage
from approvals.targets import ApprovalOnly, IamRoles, Target, covers
from approvals.terms import v5
from approvals.terms.covered import CoveredError, cover, read
from approvals.terms.records import Asked, Terms, without_text
from countersign_client.canonical import canonical
from tests.support.builders import NOW, REFUND, approval_terms, terms

ROLES = IamRoles(resource="projects/p", roles=("roles/r",))


def asked(found: Terms) -> Asked:
    return Asked(request="r-0123456789", revision=1, requester="alice@example.com", terms=found)


def written(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(cover(asked(approval_terms(**changes))).text)
    return found


@pytest.mark.parametrize(
    "found",
    [
        approval_terms(),
        approval_terms(start=NOW),
        approval_terms(extends="r-9876543210", start=NOW),
        approval_terms(requirement=Requirement(kind="self")),
        approval_terms(requirement=Requirement(kind="auto")),
    ],
)
def test_an_approval_alone_is_said_by_version_5_and_read_back(found: Terms) -> None:
    covered = cover(asked(found))

    assert msgspec.json.decode(covered.text)["v"] == 5
    assert read(covered.text) == without_text(asked(found))


def test_it_says_that_it_grants_nothing_and_names_no_resource() -> None:
    assert written()["targets"] == [{"kind": "none"}]
    assert {"resource", "roles", "condition"}.isdisjoint(written())


@pytest.mark.parametrize(
    "targets", [(), (ROLES,), (ApprovalOnly(), ROLES), (ApprovalOnly(), ApprovalOnly()), (REFUND,)]
)
def test_nothing_else_is_ever_written_as_one(targets: tuple[Target, ...]) -> None:
    with pytest.raises(ValueError, match="not an approval alone"):
        v5.write(asked(terms(targets=targets)))


def test_beside_access_it_cannot_be_asked_for_at_all() -> None:
    with pytest.raises(ValueError, match="not an approval alone"):
        cover(asked(terms(targets=(ROLES, ApprovalOnly()))))


Spoil = Callable[[dict[str, Any]], Any]
GRANT = {"kind": "iam", "resource": "projects/p", "roles": ["roles/owner"], "condition": ""}
SPOILT: Mapping[str, Spoil] = {
    "a role instead": lambda found: found.update(targets=[GRANT]),
    "a role beside it": lambda found: found["targets"].append(GRANT),
    "no target": lambda found: found.update(targets=[]),
    "two of it": lambda found: found["targets"].append({"kind": "none"}),
    "a resource": lambda found: found["targets"][0].update(resource="projects/p"),
    "roles of version 1": lambda found: found.update(roles=["roles/owner"]),
    "of version 4": lambda found: found.update(v=4),
    "of version 2": lambda found: found.update(v=2),
    "an emergency": lambda found: found["requirement"].update(kind="break_glass"),
    "without extends": lambda found: found.pop("extends"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_an_object_that_grants_after_all_is_not_read(how: str) -> None:
    found = written()
    SPOILT[how](found)

    with pytest.raises(CoveredError):
        read(canonical(found).decode())


def test_access_of_version_4_cannot_become_one() -> None:
    access = msgspec.json.decode(cover(asked(terms(start=NOW))).text)

    for changes in ({"targets": [{"kind": "none"}]}, {"v": 5}):
        with pytest.raises(CoveredError):
            read(canonical(access | changes).decode())


def test_its_digest_is_never_that_of_the_same_terms_of_access() -> None:
    access = terms(entitlement="friday", title="Deploy on Friday")

    assert cover(asked(approval_terms())).digest != cover(asked(access)).digest


def test_every_field_of_terms_stages_and_requirement_is_covered() -> None:
    """A field that comes to be added is either covered or stands here by name."""
    assert set(Terms.__struct_fields__) - {"person", "salt", "window", "within"} <= set(written())
    assert set(Requirement.__struct_fields__) == set(written()["requirement"])
    assert set(Stage.__struct_fields__) == set(written()["requirement"]["stages"][0])


def test_it_is_covered_by_nothing_but_itself_and_covers_no_access() -> None:
    assert covers((ApprovalOnly(),), asked=(ApprovalOnly(),))
    assert not covers((ROLES,), asked=(ApprovalOnly(),))
    assert not covers((ApprovalOnly(),), asked=(ROLES,))
    assert not covers((), asked=(ApprovalOnly(),))
    assert not covers((ApprovalOnly(), ROLES), asked=(REFUND,))
