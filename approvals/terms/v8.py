"""Version 8 of the digested object: version 6, of an action that nobody but whoever it is for approves.

The salt is erased with the parameters: what is left has an empty one.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from approvals.policy.model import Requirement
from approvals.terms import v3
from approvals.terms.records import Asked
from countersign_client import shapes


def write(asked: Asked) -> dict[str, Any]:
    """The object as JSON values. Raises `ValueError` where version 3 does, or others have to approve."""
    if asked.terms.requirement.kind != "self":
        raise ValueError("an action that others approve is written as version 6")
    return v3.write(asked) | {"v": 8, "salt": asked.terms.salt}


class _Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["self"]
    stages: tuple[()]


class _Own(msgspec.Struct, frozen=True):
    """The salt is base64url of 128 bits at least, or nothing once it is erased."""

    v: Literal[8]
    requirement: _Requirement
    salt: Annotated[str, msgspec.Meta(pattern=r"\A(?:[A-Za-z0-9_-]{22,})?\Z")]


def read(found: Mapping[str, Any]) -> Asked:
    """What was asked, by the object alone. Raises `msgspec.ValidationError` or `OverflowError`."""
    said = shapes.convert(found, _Own)
    rest = {name: value for name, value in found.items() if name != "salt"}
    asked = v3.read(rest | {"v": 3, "requirement": {"kind": "allow", "stages": []}})
    terms = msgspec.structs.replace(asked.terms, salt=said.salt, requirement=Requirement(kind="self"))
    return msgspec.structs.replace(asked, terms=terms)
