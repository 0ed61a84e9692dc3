"""Version 4 of what is digested: used where versions 1 and 2 cannot say all of it, and nowhere else."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Requirement, Stage
from approvals.targets import IamRoles
from approvals.terms.covered import CoveredError, cover, read
from approvals.terms.records import Asked, Terms, without_text
from countersign_client.canonical import canonical
from tests.support.builders import NOW, ONE_APPROVER, terms

STAGE = ONE_APPROVER.stages[0]
REPLACE = msgspec.structs.replace


def asked(found: Terms) -> Asked:
    return Asked(request="r-0123456789", revision=1, requester="alice@example.com", terms=found)


def of_stage(**changes: Any) -> Terms:
    return terms(requirement=Requirement(kind="stages", stages=(REPLACE(STAGE, **changes),)))


LATER: Mapping[str, Terms] = {
    "start": terms(start=NOW + timedelta(hours=3)),
    "extends": terms(extends="r-9876543210"),
    "auto": terms(requirement=Requirement(kind="auto")),
    "break_glass": terms(requirement=Requirement(kind="break_glass")),
    "approve_when": terms(requirement=REPLACE(ONE_APPROVER, approve_when="true")),
    "order": of_stage(order="any"),
    "not_same": of_stage(not_same="group:ops"),
}


@pytest.mark.parametrize("what", LATER)
def test_what_the_older_versions_cannot_say_is_said_by_version_4_and_read_back(what: str) -> None:
    covered = cover(asked(LATER[what]))

    assert msgspec.json.decode(covered.text)["v"] == 4
    assert read(covered.text) == without_text(asked(LATER[what]))
    assert covered.digest not in {cover(asked(other)).digest for name, other in LATER.items() if name != what}


def test_what_they_can_say_keeps_their_version() -> None:
    two = REPLACE(terms(), targets=(*terms().targets, IamRoles(resource="projects/p", roles=("roles/r",))))

    assert [msgspec.json.decode(cover(asked(each)).text)["v"] for each in (terms(), two)] == [1, 2]


Spoil = Callable[[dict[str, Any]], Any]
SPOILT: Mapping[str, Spoil] = {
    "a member more": lambda found: found.update(more=1),
    "without start": lambda found: found.pop("start"),
    "without extends": lambda found: found.pop("extends"),
    "another order": lambda found: found["requirement"]["stages"][0].update(order="last"),
    "another kind": lambda found: found["requirement"].update(kind="allow"),
    "a condition that is none": lambda found: found["requirement"].update(approve_when=None),
    "of version 2": lambda found: found.update(v=2),
}


@pytest.mark.parametrize("how", SPOILT)
def test_an_object_that_says_more_or_less_is_not_read(how: str) -> None:
    found = msgspec.json.decode(cover(asked(LATER["order"])).text)
    SPOILT[how](found)

    with pytest.raises(CoveredError):
        read(canonical(found).decode())


def test_every_field_of_terms_stages_and_requirement_is_covered() -> None:
    """A field that comes to be added is either covered or stands here by name."""
    covered = msgspec.json.decode(cover(asked(LATER["order"])).text)

    assert set(Terms.__struct_fields__) - {"person", "salt", "window", "within"} <= set(covered)
    assert set(Requirement.__struct_fields__) == set(covered["requirement"])
    assert set(Stage.__struct_fields__) == set(covered["requirement"]["stages"][0])
