"""The OpenAPI document (3.1) of the front door."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from handlers.applications.authzen.records import Decision, Handle
from handlers.applications.bodies import OnBehalfOf
from handlers.wire.problems import Problem

PATH = "/access/v1/openapi.json"
_REFERENCE = "#/components/schemas/{name}"


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A subject or a resource. `subject.properties.act` says who acts for a person."""

    type: str
    id: str
    properties: Mapping[str, Any] = {}


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """An action. Its properties are parameters by their names."""

    name: str
    properties: Mapping[str, Any] = {}


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """An approval as it came."""

    id: str
    approved_at: str = ""
    approved_until: str = ""


class EvaluationContext(msgspec.Struct, frozen=True, kw_only=True):
    """`approval` has the evaluation use it. Members that the policy lists are bound."""

    on_behalf_of: OnBehalfOf | None = None
    approval: Given | None = None


class RequestContext(msgspec.Struct, frozen=True, kw_only=True):
    """The context that was denied, with the reason that people read."""

    on_behalf_of: OnBehalfOf | None = None
    business_justification: str = ""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a subject may do an action on a resource."""

    subject: Entity
    action: Verb
    resource: Entity
    context: EvaluationContext = EvaluationContext()


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """The denial that is answered, as it came."""

    expires_at: str
    binding_token: str
    evaluation_id: str = ""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """An access request for what was denied."""

    subject: Entity
    action: Verb
    resource: Entity
    denial: Denial
    context: RequestContext = RequestContext()


class Cancel(msgspec.Struct, frozen=True, kw_only=True):
    """Why it is cancelled."""

    reason: str = ""
    comment: str = ""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call: what it brings and is answered, and the draft's problems that it can have."""

    method: str
    path: str
    summary: str
    answer: type[msgspec.Struct]
    statuses: tuple[int, ...] = (200,)
    body: type[msgspec.Struct] | None = None
    refusals: tuple[int, ...] = ()


CALLS: Mapping[str, Call] = {
    "evaluate": Call(
        method="post",
        path="/access/v1/evaluation",
        summary="Evaluate; with an approval, use it.",
        answer=Decision,
        body=Evaluation,
        refusals=(409,),
    ),
    "submit": Call(
        method="post",
        path="/access/v1/requests",
        summary="Request what was denied.",
        answer=Handle,
        statuses=(201, 202),
        body=Submission,
        refusals=(409, 410),
    ),
    "status": Call(
        method="get",
        path="/access/v1/requests/{id}",
        summary="One task.",
        answer=Handle,
        refusals=(404,),
    ),
    "cancel": Call(
        method="post",
        path="/access/v1/requests/{id}/cancel",
        summary="Withdraw what waits.",
        answer=Handle,
        body=Cancel,
        refusals=(404, 409),
    ),
}
_EVERY = (400, 401, 405, 429, 500, 503)
_BODIES = (413, 415)


@cache
def document() -> bytes:
    """The document as it is served."""
    return msgspec.json.encode(described(), order="sorted")


def described() -> dict[str, Any]:
    """The document: every call, with every status that it can be answered."""
    kinds = [kind for each in CALLS.values() for kind in (each.answer, each.body) if kind is not None]
    _, schemas = msgspec.json.schema_components((Problem, *dict.fromkeys(kinds)), ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for name, each in CALLS.items():
        paths.setdefault(each.path, {})[each.method] = _operation(name, each)
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "countersign-app+jwt"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign for enforcement points",
            "version": "1",
            "description": "OpenID AuthZEN: evaluations, and requests for what they deny.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"application": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"application": scheme}},
    }


def _operation(name: str, found: Call) -> dict[str, Any]:
    refused = sorted({*_EVERY, *found.refusals, *(_BODIES if found.body else ())})
    said: dict[str, Any] = {
        "operationId": name,
        "summary": found.summary,
        "responses": {str(each): _answer("Done.", found.answer, "json") for each in found.statuses}
        | {str(each): _answer("A problem (RFC 9457).", Problem, "problem+json") for each in refused},
    }
    if parameters := list(_parameters(found)):
        said["parameters"] = parameters
    if found.body is not None:
        content = {"application/json": {"schema": _named(found.body)}}
        said["requestBody"] = {"required": found.body is not Cancel, "content": content}
    return said


def _parameters(found: Call) -> Iterable[Mapping[str, Any]]:
    text = {"type": "string"}
    if "{id}" in found.path:
        yield {"name": "id", "in": "path", "required": True, "description": "The task.", "schema": text}
    if found.body is not None:
        doc = "The call's own name: the same call under it does nothing twice."
        yield {"name": "Idempotency-Key", "in": "header", "description": doc, "schema": text}
        yield {"name": "X-Request-ID", "in": "header", "description": "Comes back.", "schema": text}


def _answer(doc: str, kind: type[msgspec.Struct], media: str) -> dict[str, Any]:
    return {"description": doc, "content": {f"application/{media}": {"schema": _named(kind)}}}


def _named(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=kind.__name__)}
