"""Version 4 of the digested object: access that starts later, goes on, or needs more than stages in order.

Every member is named here, so that a record that grows changes no digest. Once a request has it nothing in
this file may change: what it cannot say belongs to another version.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from approvals.policy.model import Requirement, Stage
from approvals.reviews import Typed
from approvals.targets import IamRoles, roles_of_iam
from approvals.terms.records import Asked, Terms
from approvals.times import rfc3339
from countersign_client import shapes


def write(asked: Asked) -> dict[str, Any]:
    """The object as JSON values. Typed text enters as its own digest: it can be erased."""
    terms = asked.terms
    return {
        "v": 4,
        "id": asked.request,
        "revision": asked.revision,
        "requester": asked.requester,
        "entitlement": terms.entitlement,
        "title": terms.title,
        "targets": [_target(target) for target in roles_of_iam(terms.targets)],
        "duration": int(terms.duration.total_seconds()),
        "justification": terms.justification.digest,
        "expires": rfc3339(terms.expires),
        "requirement": _requirement(terms.requirement),
        "start": rfc3339(terms.start) if terms.start is not None else None,
        "extends": terms.extends,
        "policy": terms.policy,
    }


def _target(target: IamRoles) -> dict[str, Any]:
    return {
        "kind": "iam",
        "resource": target.resource,
        "roles": list(target.roles),
        "condition": target.condition,
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
    kind: Literal["iam"]
    resource: str
    roles: tuple[str, ...]
    condition: str


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
    v: Literal[4]
    id: str
    revision: int
    requester: str
    entitlement: str
    title: str
    targets: tuple[_Target, ...]
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
        targets=tuple(
            IamRoles(resource=each.resource, roles=each.roles, condition=each.condition) for each in said.targets
        ),
        duration=timedelta(seconds=said.duration),
        justification=Typed(digest=said.justification, salt="", text=""),
        expires=said.expires,
        requirement=requirement,
        policy=said.policy,
        start=said.start,
        extends=said.extends,
    )
    return Asked(request=said.id, revision=said.revision, requester=said.requester, terms=terms)
