"""Version 6 of the digested object: version 3 with a salt, so that nobody can try parameters against its digest.

The salt is erased with the parameters. What is left of such an action then says no more than version 3 does.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from approvals.terms import v3
from approvals.terms.records import Asked
from countersign_client import shapes


def write(asked: Asked) -> dict[str, Any]:
    """The object as JSON values. Raises `ValueError` where version 3 does, or nothing salts it."""
    if not asked.terms.salt:
        raise ValueError("an action without a salt is written as version 3")
    return v3.write(asked) | {"v": 6, "salt": asked.terms.salt}


class _Salted(msgspec.Struct, frozen=True):
    """Base64url of 128 bits at least."""

    v: Literal[6]
    salt: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{22,}\Z")]


def read(found: Mapping[str, Any]) -> Asked:
    """What was asked, by the object alone. Raises `msgspec.ValidationError` or `OverflowError`."""
    said = shapes.convert(found, _Salted)
    rest = {name: value for name, value in found.items() if name != "salt"}
    asked = v3.read(rest | {"v": 3})
    return msgspec.structs.replace(asked, terms=msgspec.structs.replace(asked.terms, salt=said.salt))
