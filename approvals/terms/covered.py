"""The object that a digest covers, and with it card, attestation, token and receipt.

It is written when a request is filed, and stands beside the request from then on as canonical JSON (RFC 8785).
Each version is written and read by a file of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from approvals.targets import action_of, approval_only, joined_group
from approvals.terms import v1, v2, v3, v4, v5, v6, v7, v8, v9
from approvals.terms.records import Asked, Terms
from countersign_client import shapes
from countersign_client.canonical import canonical, digest_of

_READERS: Mapping[object, Callable[[Mapping[str, Any]], Asked]] = {
    1: v1.read,
    2: v2.read,
    3: v3.read,
    4: v4.read,
    5: v5.read,
    6: v6.read,
    7: v7.read,
    8: v8.read,
    9: v9.read,
}


class Covered(msgspec.Struct, frozen=True):
    """The object as it is kept, and the digest of exactly these bytes."""

    text: str
    digest: str


class CoveredError(Exception):
    """An object is none that this release can read; the text says why."""


def cover(asked: Asked) -> Covered:
    """Write the object of what is asked, in the first version that says all of it."""
    written = canonical(_version(asked.terms)(asked))
    return Covered(written.decode(), digest_of(written))


def read(text: str) -> Asked:
    """What an object says was asked, typed text by its digest alone. Raises `CoveredError`."""
    try:
        found = shapes.decode(text, dict[str, Any])
        reader = _READERS.get(found.get("v"))
        if reader is None:
            raise CoveredError(f"its version is {found.get('v')!r}, which this release does not know")
        return reader(found)
    except (msgspec.MsgspecError, OverflowError, RecursionError) as error:
        raise CoveredError(str(error)) from error


def _version(terms: Terms) -> Callable[[Asked], dict[str, Any]]:
    if action_of(terms.targets) is not None:
        return _of_action(terms)
    if approval_only(terms.targets):
        return v5.write
    if joined_group(terms.targets) is not None:
        return v7.write
    if _takes_more(terms):
        return v4.write
    return v1.write if len(terms.targets) == 1 else v2.write


def _of_action(terms: Terms) -> Callable[[Asked], dict[str, Any]]:
    if terms.window is not None or terms.within is not None:
        return v9.write
    if terms.requirement.kind == "self":
        return v8.write
    return v6.write if terms.salt else v3.write


def _takes_more(terms: Terms) -> bool:
    """Versions 1 and 2 have no member for something that these terms say."""
    requirement = terms.requirement
    return bool(
        terms.start is not None
        or terms.extends
        or requirement.kind in ("auto", "break_glass")
        or requirement.approve_when
        or any(stage.order or stage.not_same for stage in requirement.stages)
    )
