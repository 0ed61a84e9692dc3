"""What a receipt's terms hold, by their version: the object that a decision's digest covers.

Version 1 is roles on one resource, version 2 several grants at once, version 3 one action of an application,
version 4 grants that start later, continue others, or need what stages in order cannot say, version 5 an approval
alone, which grants nothing, version 6 an action as of version 3, with a salt, version 7 a membership of
a group, version 8 an action as of version 6 that whoever it is for approves by themselves, and version 9 an action
as of version 6 that may be approved together with others, or was taken from what was approved so.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from countersign_client import shapes, shown

ACTION = 3
"""The version of terms that are an application's action."""

LATER = 4
"""The version of terms of access that say more than what and for how long."""

ALONE = 5
"""The version of terms that are an approval alone."""

SALTED = 6
"""The version of terms that are an application's action with a salt."""

JOINED = 7
"""The version of terms that are a membership of a group."""

OWN = 8
"""The version of terms that are such an action, approved by whoever it is for."""

COUNTED = 9
"""The version of terms that are an action for which there may be a window of several, or which is of one."""

ACTIONS = (ACTION, SALTED, OWN, COUNTED)

SALT = r"\A[A-Za-z0-9_-]{22,}\Z"
"""Base64url of 128 bits at least."""

GROUP = r"\A[a-z0-9._'+-]{1,64}@[a-z0-9-]{1,63}(?:[.][a-z0-9-]{1,63}){1,8}\Z"
"""A group's address in lower case."""

DAY = 86_400
"""Seconds at most in which an approved action can be used."""


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    approvers: tuple[str, ...]
    needed: Annotated[int, msgspec.Meta(ge=1)]
    sign: str


class Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must approve. `self` (access) and `allow` (an action that a guardrail lets through) ask nobody.

    Nor do `auto` (access by a rule of the policy) and `break_glass` (access in an emergency). Of `window` people
    were asked before: for several calls at once.
    """

    kind: Literal["self", "stages", "allow", "auto", "break_glass", "window"]
    stages: tuple[Stage, ...]


class _OfAccess(Requirement, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["self", "stages"]


class _OfAction(Requirement, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["stages", "allow"]


class _OfCounted(Requirement, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["stages", "self", "window"]


class _OfOwn(Requirement, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["self"]


class _LaterStage(Stage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    order: Literal["", "any"]
    not_same: str


class _Later(Requirement, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["self", "stages", "auto", "break_glass"]
    approve_when: str
    stages: tuple[_LaterStage, ...]


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What the terms of access hold, whatever they grant."""

    v: Literal[1, 2]
    id: str
    revision: int
    requester: str
    duration: Annotated[int, msgspec.Meta(gt=0)]
    requirement: _OfAccess
    policy: str


class _Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one of several grants gives. A kind that a reader does not know is refused."""

    kind: Literal["iam"]
    resource: str
    roles: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    condition: str


class _Bundle(Access, frozen=True, kw_only=True):
    """Version 2 grants several targets at once."""

    targets: Annotated[tuple[_Target, ...], msgspec.Meta(min_length=1)]


class _Timed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is approved for a time: it begins no sooner than `start`, or continues what another request gave."""

    id: str
    revision: int
    requester: str
    entitlement: str
    title: str
    duration: Annotated[int, msgspec.Meta(gt=0)]
    justification: str
    expires: Annotated[datetime, msgspec.Meta(tz=True)]
    policy: str
    start: Annotated[datetime, msgspec.Meta(tz=True)] | None
    extends: str


class LaterAccess(_Timed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Version 4: access in such words."""

    v: Literal[4]
    targets: Annotated[tuple[_Target, ...], msgspec.Meta(min_length=1)]
    requirement: _Later


class _Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["none"]


class _OfApproval(_Later, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["self", "stages", "auto"]


class ApprovalAlone(_Timed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Version 5: an approval alone, which grants nothing and stands for its time."""

    v: Literal[5]
    targets: tuple[_Nothing]
    requirement: _OfApproval


class _Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["group"]
    group: Annotated[str, msgspec.Meta(pattern=GROUP)]


class Membership(_Timed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Version 7: a membership of one group, as a member and nothing more."""

    v: Literal[7]
    targets: tuple[_Group]
    requirement: _Later


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One action, on behalf of a person, and the lines that people were shown of it."""

    v: Literal[3, 6, 8, 9]
    id: str
    revision: int
    requester: str
    entitlement: str
    title: str
    targets: tuple[shown.Action]
    person: shown.Person
    justification: str
    expires: Annotated[datetime, msgspec.Meta(tz=True)]
    use_by: Annotated[int, msgspec.Meta(ge=1, le=DAY)]
    requirement: Requirement
    policy: str
    shown: tuple[tuple[str, str], ...]


class PlainAction(Action, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Version 3: as it is."""

    v: Literal[3]
    requirement: _OfAction


class SaltedAction(Action, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Version 6: with a salt of 128 bits at least, which whoever has the digest alone does not know."""

    v: Literal[6]
    requirement: _OfAction
    salt: Annotated[str, msgspec.Meta(pattern=SALT)]


class OwnAction(Action, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Version 8: the same, approved by whoever it is for, and nobody else."""

    v: Literal[8]
    requirement: _OfOwn
    salt: Annotated[str, msgspec.Meta(pattern=SALT)]


class CountedAction(Action, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Version 9: people may approve `window` in its place, or it was taken `within` one that they approved."""

    v: Literal[9]
    requirement: _OfCounted
    salt: Annotated[str, msgspec.Meta(pattern=SALT)]
    window: shown.Window | None
    within: shown.Within | None


Timed = LaterAccess | ApprovalAlone | Membership
Terms = Access | Timed | Action


_FORMS: Mapping[int, type[Terms]] = {
    2: _Bundle,
    ACTION: PlainAction,
    LATER: LaterAccess,
    ALONE: ApprovalAlone,
    SALTED: SaltedAction,
    JOINED: Membership,
    OWN: OwnAction,
    COUNTED: CountedAction,
}


def read(terms: Mapping[str, Any]) -> Terms:
    """Read terms of a version that is known. Raises `msgspec.ValidationError`."""
    version = terms.get("v")
    form = _FORMS.get(version) if isinstance(version, int) else None
    return shapes.convert(terms, form or Access)
