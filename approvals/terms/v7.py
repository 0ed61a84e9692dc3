"""Version 7 of the digested object: a membership of a group for a time.

Every member is named here, so that a record that grows changes no digest. Once a request has it nothing in
this file may change: what it cannot say belongs to another version.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec

from approvals.policy.model import Requirement, Stage
from approvals.reviews import Typed
from approvals.targets import GroupMember
from approvals.terms.records import Asked, Terms
from approvals.times import rfc3339
from countersign_client import shapes

GROUP = r"\A[a-z0-9._'+-]{1,64}@[a-z0-9-]{1,63}(?:[.][a-z0-9-]{1,63}){1,8}\Z"
"""An address in lower case."""


def write(asked: Asked) -> dict[str, Any]:
    """The object as JSON values. Typed text enters as its own digest: it can be erased.

    Raises `ValueError` where anything else is asked for, too.
    """
    terms = asked.terms
    if len(terms.targets) != 1 or not isinstance(found := terms.targets[0], GroupMember):
        raise ValueError("this is not a membership alone")
    return {
        "v": 7,
        "id": asked.request,
        "revision": asked.revision,
        "requester": asked.requester,
        "entitlement": terms.entitlement,
        "title": terms.title,
        "targets": [{"kind": "group", "group": found.group}],
        "duration": int(terms.duration.total_seconds()),
        "justification": terms.justification.digest,
        "expires": rfc3339(terms.expires),
        "requirement": _requirement(terms.requirement),
        "start": rfc3339(terms.start) if terms.start is not None else None,
        "extends": terms.extends,
        "policy": terms.policy,
    }


def _requirement(requirement: Requirement) -> dict[str, Any]:
    return {
        "kind": requirement.kind,
        "approve_when": requirement.approve_when,
        "stages": [_stage(stage) for stage in requirement.stages],
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "approvers": list(stage.approvers),
        "needed": stage.needed,
        "sign": stage.sign,
        "order": stage.order,
        "not_same": stage.not_same,
    }


class _Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["group"]
    group: Annotated[str, msgspec.Meta(pattern=GROUP)]


class _Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    approvers: tuple[str, ...]
    needed: int
    sign: Literal["", "typed"]
    order: Literal["", "any"]
    not_same: str


class _Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["self", "stages", "auto", "break_glass"]
    approve_when: str
    stages: tuple[_Stage, ...]


class _Object(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: Literal[7]
    id: str
    revision: int
    requester: str
    entitlement: str
    title: str
    targets: tuple[_Target]
    duration: int
    justification: str
    expires: datetime
    requirement: _Requirement
    start: datetime | None
    extends: str
    policy: str


def read(found: Mapping[str, Any]) -> Asked:
    """What was asked, by the object alone. Raises `msgspec.ValidationError` or `OverflowError`."""
    said = shapes.convert(found, _Object)
    requirement = Requirement(
        kind=said.requirement.kind,
        stages=tuple(Stage(**msgspec.structs.asdict(stage)) for stage in said.requirement.stages),
        approve_when=said.requirement.approve_when,
    )
    terms = Terms(
        entitlement=said.entitlement,
        title=said.title,
        targets=(GroupMember(group=said.targets[0].group),),
        duration=timedelta(seconds=said.duration),
        justification=Typed(digest=said.justification, salt="", text=""),
        expires=said.expires,
        requirement=requirement,
        policy=said.policy,
        start=said.start,
        extends=said.extends,
    )
    return Asked(request=said.id, revision=said.revision, requester=said.requester, terms=terms)
