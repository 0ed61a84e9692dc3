"""An action that whoever it is for approves: version 8, which says nothing that others approve."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Requirement
from approvals.terms import v8
from approvals.terms.covered import CoveredError, cover, read
from approvals.terms.records import Terms, without_text
from countersign_client.canonical import canonical
from tests.approvals.terms.test_actions import CHANGED, asked
from tests.approvals.terms.test_salted import REPLACE, salted

OWN = Requirement(kind="self")


def own(found: Terms | None = None, **changes: Any) -> Terms:
    return REPLACE(salted(found), requirement=OWN, **changes)


def test_it_is_said_by_version_8_whose_digest_is_of_no_other_action() -> None:
    found = msgspec.json.decode(cover(asked(own())).text)

    assert (found["v"], found["requirement"]) == (8, {"kind": "self", "stages": []})
    assert cover(asked(own())).digest != cover(asked(salted())).digest


def test_it_says_nothing_that_others_approve() -> None:
    with pytest.raises(ValueError, match="version 6"):
        v8.write(asked(salted()))


@pytest.mark.parametrize("part", [name for name in CHANGED if "requirement" not in name and "stage" not in name])
def test_every_part_of_it_is_read_back(part: str) -> None:
    one = asked(own(CHANGED[part]))

    assert read(cover(one).text) == without_text(one)


def test_what_is_left_once_it_is_erased_is_read_as_well() -> None:
    one = asked(own(salt=""))

    assert read(cover(one).text) == without_text(one)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.pop("salt"),
        lambda found: found.update(salt="short"),
        lambda found: found["requirement"].update(kind="allow"),
        lambda found: found["requirement"].update(stages=[{"approvers": ["a"], "needed": 1, "sign": ""}]),
        lambda found: found.update(v=6),
        lambda found: found.update(more=1),
    ],
)
def test_what_is_another_thing_is_no_version_8(spoil: Callable[[dict[str, Any]], Any]) -> None:
    found = msgspec.json.decode(cover(asked(own())).text)
    spoil(found)

    with pytest.raises(CoveredError):
        read(canonical(found).decode())
