"""The OpenAPI document (3.1) of the applications' API, made of the types that calls are read and answered by."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from approvals.telling.webhooks import News
from handlers.applications.operations import OPERATIONS, Operation
from handlers.wire.problems import Problem

PATH = "openapi.json"
"""Behind `/v1/`."""

_REFERENCE = "#/components/schemas/{name}"
_TYPES: tuple[type[msgspec.Struct], ...] = (
    Problem,
    News,
    *dict.fromkeys(each.answer for each in OPERATIONS.values()),
    *dict.fromkeys(each.body for each in OPERATIONS.values() if each.body is not None),
)
_REFUSALS = {
    400: "The call cannot be read.",
    401: "Nobody knows who calls, or the person has to sign in again.",
    403: "This is refused.",
    404: "It is not there, or not this application's.",
    405: "The address takes another method.",
    409: "This does not fit how things stand now.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    422: "A member does not fit; `errors` name each.",
    429: "Too much at once.",
    500: "Something went wrong; the log has more.",
    503: "This does not work right now.",
}
_EVERY = (400, 401, 403, 405, 429, 500, 503)
_CHANGES = (409, 413, 415, 422)
_RETRY = {
    "Retry-After": {
        "description": "Seconds after which the same call may do.",
        "schema": {"type": "integer", "minimum": 0},
    }
}


@cache
def document() -> bytes:
    """The document as it is served."""
    return msgspec.json.encode(described(), order="sorted")


def described() -> dict[str, Any]:
    """The document. Every call that there is stands in it, with every status that it can be answered."""
    _, schemas = msgspec.json.schema_components(_TYPES, ref_template=_REFERENCE)
    # Which of the three it is, the types cannot say.
    schemas["OnBehalfOf"] |= {"minProperties": 1, "maxProperties": 1}
    paths: dict[str, dict[str, Any]] = {}
    for name, each in OPERATIONS.items():
        path = "/v1/" + "/".join("{id}" if part == "*" else part for part in each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(name, each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign for applications",
            "version": "1",
            "description": "Applications ask for actions, wait for people to decide, and use what was approved.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"application": []}],
        "paths": paths,
        "webhooks": {"request": {"post": _told()}},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "application": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token that the application signs for this one call (countersign-app+jwt).",
                }
            },
        },
    }


def _told() -> dict[str, Any]:
    """What is sent to the webhook that the policy names. What it is signed by is no credential of ours."""
    headers = {
        "webhook-id": "The message, the same whenever it comes again.",
        "webhook-timestamp": "When it was sent, in seconds.",
        "webhook-signature": "Standard Webhooks 1.0.0: `v1a,` and, where a secret is shared, `v1,`.",
    }
    return {
        "operationId": "told",
        "summary": "One of the application's requests came to another state.",
        "security": [{}],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": doc, "schema": {"type": "string"}}
            for name, doc in headers.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _named(News)}}},
        "responses": {
            "2XX": {"description": "It was taken. Everything else is a failure, and it comes again."},
            "410": {"description": "Nothing more is sent to this address."},
        },
    }


def _operation(name: str, found: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": name,
        "summary": found.summary,
        "responses": _responses(found),
    }
    parameters = list(_parameters(found))
    if parameters:
        said["parameters"] = parameters
    if found.body is not None:
        content = {"application/json": {"schema": _named(found.body)}}
        said["requestBody"] = {"required": found.method != "DELETE", "content": content}
    return said


def _parameters(found: Operation) -> Iterable[Mapping[str, Any]]:
    if "*" in found.path:
        schema = {"type": "string", "pattern": "^r-[0-9a-z]{10}$"}
        yield {"name": "id", "in": "path", "required": True, "description": "The request.", "schema": schema}
    for each in found.query:
        yield {"name": each.name, "in": "query", "description": each.doc, "schema": each.schema}
    if found.body is not None:
        plain = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9._~:/+=@-]+$"}
        doc = "The call's own name, such as a UUID: the same call under it does nothing twice."
        yield {"name": "Idempotency-Key", "in": "header", "required": True, "description": doc, "schema": plain}


def _responses(found: Operation) -> dict[str, Any]:
    content = {"application/json": {"schema": _named(found.answer)}}
    said: dict[str, Any] = {str(found.status): {"description": "Done.", "content": content}}
    if found.status == 201:
        said["201"]["headers"] = {"Location": {"description": "The request.", "schema": {"type": "string"}}}
        said["200"] = {"description": "With `join`: another call has filed it.", "content": content}
    for status in sorted({*_EVERY, *found.refusals, *(_CHANGES if found.body else ())}):
        said[str(status)] = _problem(status)
    return said


def _problem(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _named(Problem)}}
    said: dict[str, Any] = {"description": _REFUSALS[status], "content": content}
    return said | ({"headers": _RETRY} if status in (409, 429, 503) else {})


def _named(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=kind.__name__)}
