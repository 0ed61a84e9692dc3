"""The HTTP face: every call goes by the discovery documents in, and its answer by them out."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.drips import drip
from sandbox.google.arguments import Arguments
from sandbox.google.discovery import Method, find
from sandbox.google.errors import GoogleError, switched_off
from sandbox.google.faults import Fault
from sandbox.google.handlers import handler
from sandbox.google.state import Call, Google

Endpoint = Callable[[Request], Awaitable[Response]]
PUBLISHED = "/www/service_accounts/v1/metadata/jwk/{email}"
"""Stands for `https://www.googleapis.com/service_accounts/v1/metadata/jwk/EMAIL`."""

KEYS = "service_accounts.jwk"
"""What that look-up is called in the log and in faults."""

_BY_PATH = ("cloudasset", "iam", "iamcredentials", "iap", "orgpolicy", "pubsub", "secretmanager")
"""Services whose resources have a name of several parts, which is the whole path."""

_MESSAGES = {
    403: "The caller does not have permission",
    412: "Precondition check failed.",
    429: "Quota exceeded for quota metric 'Write requests'.",
    500: "Internal error encountered.",
    503: "The service is currently unavailable.",
    504: "Deadline expired before operation could complete.",
}


def routes(google: Google) -> list[BaseRoute]:
    """Return the routes `/SERVICE/...` that stand for `https://SERVICE.googleapis.com/...`."""

    async def answer(request: Request) -> Response:
        try:
            method, names = _route(request)
        except GoogleError as error:
            return JSONResponse(error.body(), error.code)
        return await _serve(google, method, names, request)

    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [Route(PUBLISHED, _published(google)), Route("/{service}/{path:path}", answer, methods=every)]


def _published(google: Google) -> Endpoint:
    """The public keys of service accounts. No discovery document describes them, and nobody has to sign in."""

    async def answer(request: Request) -> Response:
        email = request.path_params["email"]
        fault = google.faults.take(KEYS) or Fault(method=KEYS)
        await anyio.sleep(fault.delay)
        code, body = _failed(fault.status) if fault.status else _keys(google, email)
        google.log(Call(method=KEYS, resource=email, reason="", body=None, code=code))
        return JSONResponse(body, code, headers={"Cache-Control": "public, max-age=21600"})

    return answer


def _keys(google: Google, email: str) -> tuple[int, dict[str, Any]]:
    try:
        return 200, google.accounts.published(email)
    except GoogleError as error:
        return error.code, error.body()


def control(google: Google) -> Endpoint:
    """Return a handler that takes faults as JSON (see `Faults.control`) and answers with the log of calls."""

    async def answer(request: Request) -> Response:
        try:
            google.faults.control(json.loads(await request.body() or b"{}"))
        except (ValueError, msgspec.ValidationError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"calls": [msgspec.to_builtins(call) for call in google.calls()]})

    return answer


class _Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came, before anything in it was checked."""

    method: Method
    resource: str
    query: dict[str, str]
    raw: bytes
    repeated: dict[str, tuple[str, ...]]


def _route(request: Request) -> tuple[Method, dict[str, str]]:
    found = find(request.path_params["service"], request.method, request.path_params["path"])
    if not request.headers.get("authorization"):
        raise GoogleError(401, "Request is missing required authentication credential.")
    return found


async def _serve(google: Google, method: Method, names: dict[str, str], request: Request) -> Response:
    resource = _resource(method, names, request.path_params["path"])
    fault = google.faults.take(method.id, resource) or Fault(method=method.id)
    arrived = _Arrived(
        method=method,
        resource=resource,
        query=dict(request.query_params),
        raw=await request.body(),
        repeated={name: tuple(request.query_params.getlist(name)) for name in request.query_params},
    )
    await anyio.sleep(fault.delay)
    if fault.stall:
        await run_in_threadpool(google.faults.stall)
    struck = _struck(fault)
    code, answer = struck if struck is not None else await run_in_threadpool(_answer, google, arrived)
    if fault.lost and code == 200:
        code, answer = _failed(504) if fault.lost == "answer" else (0, {})
    reason = request.headers.get("x-goog-request-reason", "")
    google.log(
        Call(method=method.id, resource=arrived.resource, reason=reason, body=_shown(arrived.raw), code=code)
    )
    await anyio.sleep(fault.silence)
    if fault.drip:
        await drip(request, json.dumps(answer).encode(), step=fault.drip)
    if not code:
        _drop(request)
    return JSONResponse(answer, code or 504)


def _answer(google: Google, arrived: _Arrived) -> tuple[int, dict[str, Any]]:
    method = arrived.method
    try:
        serve = handler(method.id)
        body = _parse(arrived.raw)
        method.check_query(arrived.query)
        method.check_body(body)
        answer = serve(
            google, Arguments(resource=arrived.resource, query=arrived.query, body=body, repeated=arrived.repeated)
        )
    except GoogleError as error:
        return error.code, error.body()
    try:
        method.check_answer(answer)
    except GoogleError as error:
        raise AssertionError(
            f"the sandbox's answer to {method.id} is not one that Google gives: {error}"
        ) from error
    return 200, answer


def _struck(fault: Fault) -> tuple[int, dict[str, Any]] | None:
    if fault.disabled:
        error = switched_off(fault.disabled)
        return error.code, error.body()
    return _failed(fault.status) if fault.status else None


def _failed(code: int) -> tuple[int, dict[str, Any]]:
    return code, GoogleError(code, _MESSAGES.get(code, "Injected.")).body()


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw or b"{}")
    except ValueError as error:
        raise GoogleError(400, f"Invalid JSON payload received. {error}") from error


def _shown(raw: bytes) -> Any:
    try:
        return json.loads(raw or b"{}")
    except ValueError:
        return None


def _resource(method: Method, names: dict[str, str], path: str) -> str:
    """Return the resource name that the path names; version 1 of an API gives a project's bare id."""
    if method.service in _BY_PATH:
        return path.partition("/")[2].rpartition(":")[0] or path.partition("/")[2]
    if method.service == "cloudidentity":
        return "/".join(f"{name.removesuffix('Id')}/{value}" for name, value in names.items())
    kind = method.id.split(".")[2]
    return f"{kind}/{next(iter(names.values()))}" if names else ""


def _drop(request: Request) -> None:
    """Close the connection without an answer, where the server lets us (uvicorn does); else 504 must do."""
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
