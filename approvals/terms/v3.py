"""Version 3 of the digested object: one action of an application, on behalf of a person.

Every member is named here, so that a record that grows changes no digest. Once a request has it nothing in this
file may change: what it cannot say belongs to another version.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from approvals.people.persons import OnBehalf, Proven
from approvals.policy.model import Requirement, Stage
from approvals.reviews import Typed
from approvals.targets import ActionCall, Given, ParameterType, action_of
from approvals.terms.records import Asked, Terms
from approvals.times import rfc3339
from countersign_client import shapes
from countersign_client.shown import ShownError, lines


def write(asked: Asked) -> dict[str, Any]:
    """The object as JSON values, with the lines that people are shown of it.

    Typed text and secrets enter as their own digests: they can be erased. Raises `ValueError` where no action is
    asked for on behalf of anybody, or it could not be shown.
    """
    terms, call = asked.terms, action_of(asked.terms.targets)
    if call is None or terms.person is None or len(terms.targets) != 1 or terms.entitlement != call.action:
        raise ValueError("this is not one action that is asked for on behalf of a person")
    found: dict[str, Any] = {
        "v": 3,
        "id": asked.request,
        "revision": asked.revision,
        "requester": asked.requester,
        "entitlement": terms.entitlement,
        "title": terms.title,
        "targets": [_target(call)],
        "person": _person(terms.person),
        "justification": terms.justification.digest,
        "expires": rfc3339(terms.expires),
        "use_by": int(terms.duration.total_seconds()),
        "requirement": _requirement(terms.requirement),
        "policy": terms.policy,
    }
    return found | {"shown": [list(line) for line in lines(found)]}


def _target(call: ActionCall) -> dict[str, Any]:
    return {
        "kind": "action",
        "application": call.application,
        "action": call.action,
        "parameters": [
            {"name": each.name, "label": each.label, "type": each.type, "value": each.value}
            for each in call.parameters
        ],
        "key": call.key,
        "data": call.data,
        "metadata": dict(call.metadata),
        "risk": call.risk,
    }


def _person(person: OnBehalf) -> dict[str, Any]:
    return {
        "principal": person.principal,
        "proven": person.proven,
        "issuer": person.issuer,
        "subject": person.subject,
        "claims": {name: list(values) for name, values in person.claims.items()},
        "unknown": list(person.unknown),
        "acr": person.acr,
        "amr": list(person.amr),
        "auth_time": rfc3339(person.auth_time) if person.auth_time is not None else None,
        "expires": rfc3339(person.expires) if person.expires is not None else None,
    }


def _requirement(requirement: Requirement) -> dict[str, Any]:
    stages = [
        {"approvers": list(stage.approvers), "needed": stage.needed, "sign": stage.sign}
        for stage in requirement.stages
    ]
    return {"kind": requirement.kind, "stages": stages}


class _Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    approvers: tuple[str, ...]
    needed: int
    sign: Literal["", "typed"]


class _Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["allow", "stages"]
    stages: tuple[_Stage, ...]


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    label: str
    type: ParameterType
    value: str


class _Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    principal: str
    proven: Proven
    issuer: str
    subject: str
    claims: Mapping[str, tuple[str, ...]]
    unknown: tuple[str, ...]
    acr: str
    amr: tuple[str, ...]
    auth_time: datetime | None
    expires: datetime | None


class _Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["action"]
    application: str
    action: str
    parameters: tuple[_Given, ...]
    key: str
    data: str
    metadata: Mapping[str, str]
    risk: str


class _Object(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: Literal[3]
    id: str
    revision: int
    requester: str
    entitlement: str
    title: str
    targets: tuple[_Target]
    person: _Person
    justification: str
    expires: datetime
    use_by: int
    requirement: _Requirement
    policy: str
    shown: tuple[tuple[str, str], ...]


def read(found: Mapping[str, Any]) -> Asked:
    """What was asked, by the object alone, which shows that and nothing else.

    Raises `msgspec.ValidationError` or `OverflowError`.
    """
    said = shapes.convert(found, _Object)
    _require_shown(found, said)
    stages = tuple(
        Stage(approvers=stage.approvers, needed=stage.needed, sign=stage.sign) for stage in said.requirement.stages
    )
    terms = Terms(
        entitlement=said.entitlement,
        title=said.title,
        targets=(_call(said.targets[0]),),
        duration=timedelta(seconds=said.use_by),
        justification=Typed(digest=said.justification, salt="", text=""),
        expires=said.expires,
        requirement=Requirement(kind=said.requirement.kind, stages=stages),
        policy=said.policy,
        person=OnBehalf(**msgspec.structs.asdict(said.person)),
    )
    return Asked(request=said.id, revision=said.revision, requester=said.requester, terms=terms)


def _require_shown(found: Mapping[str, Any], said: _Object) -> None:
    try:
        shown = lines(found)
    except ShownError as error:
        raise msgspec.ValidationError(str(error)) from error
    if shown != said.shown:
        raise msgspec.ValidationError("it shows other lines than what it says")


def _call(said: _Target) -> ActionCall:
    return ActionCall(
        application=said.application,
        action=said.action,
        parameters=tuple(
            Given(name=each.name, label=each.label, type=each.type, value=each.value) for each in said.parameters
        ),
        key=said.key,
        data=said.data,
        metadata=said.metadata,
        risk=said.risk,
    )
