"""Version 9 of the digested object: version 6, of a call of a tool that may be approved together with others.

Either `window` says what whoever approves may choose in the place of this one call, or `within` names the window
that the call was taken from, so that nobody was asked. The salt is erased with the parameters.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec

from approvals.policy.model import Requirement
from approvals.policy.tools import CallWindow
from approvals.terms import v3
from approvals.terms.records import Asked, Terms, Within
from countersign_client import shapes
from countersign_client.shown import ShownError, lines


def write(asked: Asked) -> dict[str, Any]:
    """The object as JSON values. Raises `ValueError` where version 3 does, or it is for no window and of none."""
    terms = asked.terms
    if (terms.window is None) == (terms.within is None) or (terms.requirement.kind == "window") != bool(
        terms.within
    ):
        raise ValueError("a call either may be approved together with others, or was taken from a window")
    found = v3.write(asked) | {"v": 9, "salt": terms.salt, "window": _offered(terms), "within": _taken(terms)}
    return found | {"shown": [list(line) for line in lines(found)]}


def _offered(terms: Terms) -> dict[str, int] | None:
    found = terms.window
    return None if found is None else {"for": int(found.lasts.total_seconds()), "uses": found.uses}


def _taken(terms: Terms) -> dict[str, Any] | None:
    return None if terms.within is None else msgspec.to_builtins(terms.within)


class _Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lasts: Annotated[int, msgspec.Meta(gt=0)] = msgspec.field(name="for")
    uses: Annotated[int, msgspec.Meta(gt=0)]


class _Within(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    request: str
    digest: str
    number: Annotated[int, msgspec.Meta(ge=2)]


class _Requirement(msgspec.Struct, frozen=True):
    kind: Literal["stages", "self", "window"]


class _Own(msgspec.Struct, frozen=True):
    """The salt is base64url of 128 bits at least, or nothing once it is erased."""

    v: Literal[9]
    requirement: _Requirement
    salt: Annotated[str, msgspec.Meta(pattern=r"\A(?:[A-Za-z0-9_-]{22,})?\Z")]
    window: _Window | None
    within: _Within | None
    shown: tuple[tuple[str, str], ...]


def read(found: Mapping[str, Any]) -> Asked:
    """What was asked, by the object alone. Raises `msgspec.ValidationError` or `OverflowError`."""
    said = shapes.convert(found, _Own)
    _require_shown(found, said)
    kind = said.requirement.kind
    if (said.window is None) == (said.within is None) or (kind == "window") != bool(said.within):
        raise msgspec.ValidationError("it is of a window, or for one, and of neither both nor none")
    asked = v3.read(_as_version_3(found, staged=kind == "stages"))
    terms = msgspec.structs.replace(
        asked.terms,
        salt=said.salt,
        requirement=asked.terms.requirement if kind == "stages" else Requirement(kind=kind),
        window=_rule(said.window),
        within=_number(said.within),
    )
    return msgspec.structs.replace(asked, terms=terms)


def _require_shown(found: Mapping[str, Any], said: _Own) -> None:
    try:
        shown = lines(found)
    except ShownError as error:
        raise msgspec.ValidationError(str(error)) from error
    if shown != said.shown:
        raise msgspec.ValidationError("it shows other lines than what it says")


def _as_version_3(found: Mapping[str, Any], *, staged: bool) -> dict[str, Any]:
    """All that version 3 knows of it. What stands in the place of stages says the requirement's own kind."""
    rest = {name: value for name, value in found.items() if name not in ("salt", "window", "within")}
    rest |= {"v": 3} | ({} if staged else {"requirement": {"kind": "allow", "stages": _no_stages(found)}})
    return rest | {"shown": [list(line) for line in lines(rest)]}


def _no_stages(found: Mapping[str, Any]) -> list[Any]:
    stages = found["requirement"].get("stages")
    if stages != []:
        raise msgspec.ValidationError("nobody else has to approve it, and somebody")
    return []


def _rule(found: _Window | None) -> CallWindow | None:
    return None if found is None else CallWindow(lasts=timedelta(seconds=found.lasts), uses=found.uses)


def _number(found: _Within | None) -> Within | None:
    return None if found is None else Within(**msgspec.structs.asdict(found))
