"""A call of AuthZEN's that was let in, by its address and its method."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from approvals.changes import Mark
from approvals.policy.model import Policy
from approvals.refusals.errors import NotFound, Refused
from countersign_client.canonical import canonical
from handlers import idempotency
from handlers.applications.authzen import meanings, questions
from handlers.applications.authzen.bindings import Bindings
from handlers.applications.authzen.document import PATH, document
from handlers.applications.authzen.evaluating import Evaluating
from handlers.applications.authzen.problems import told
from handlers.applications.authzen.records import Metadata
from handlers.applications.authzen.requesting import Requesting
from handlers.applications.calls import Asked, Changing
from handlers.applications.paths import CONFIGURATION
from handlers.identity.application import Caller
from handlers.wire import once, reading
from handlers.wire.once import Once
from handlers.wire.problems import refusal
from handlers.wire.query import require_known
from handlers.wire.routes import Parts, Routes, headers_of
from handlers.wire.written import Reply, Written, problem, written

_REQUEST_ID = "x-request-id"
_SOON = "5"
"""Seconds after which a task may be looked at again."""

Run = Callable[[Changing], Reply]


class Answering:
    """Answers every call of the front door, where the policy has an action that an evaluation means."""

    def __init__(
        self,
        evaluating: Evaluating,
        requesting: Requesting,
        bindings: Bindings,
        *,
        calls: Once,
        policy: Callable[[], Policy],
    ) -> None:
        self._evaluating = evaluating
        self._bindings = bindings
        self._calls = calls
        self._policy = policy
        changes: Mapping[tuple[str, ...], Run] = {
            ("POST", "evaluation"): self._evaluate,
            ("POST", "requests"): requesting.submit,
            ("POST", "requests", "*", "cancel"): requesting.cancel,
        }
        self._routes = Routes(looks={("requests", "*"): requesting.status}, changes=changes)

    def open(self, request: Request) -> Response | None:
        """What this decision point offers, and what verifies its denials: for everybody."""
        path, looks = str(request.scope["path"]), request.method in ("GET", "HEAD")
        if not self._here():
            return problem(refusal(NotFound("no action is meant by an evaluation")))
        if path == CONFIGURATION:
            return JSONResponse(msgspec.to_builtins(self._metadata())) if looks else _only_get()
        if path == "/access/v1/jwks" and looks:
            return JSONResponse(self._bindings.jwks())
        if path == PATH and looks:
            return Response(document(), media_type="application/json")
        return None

    def answer(self, request: Request, caller: Caller, body: bytes, *, now: datetime) -> Written:
        """Raises what is no refusal."""
        try:
            return self._answered(request, caller, body, now=now)
        except Refused as refused:
            return told(refused)

    def _here(self) -> bool:
        return meanings.mapped(self._policy().actions.values())

    def _metadata(self) -> Metadata:
        url = self._bindings.url
        return Metadata(
            policy_decision_point=url,
            access_evaluation_endpoint=f"{url}/access/v1/evaluation",
            access_request_endpoint=self._bindings.audience,
            jwks_uri=f"{url}/access/v1/jwks",
        )

    def _answered(self, request: Request, caller: Caller, body: bytes, *, now: datetime) -> Written:
        version, *rest = str(request.scope["path"]).split("/")[2:]
        parts = tuple(rest)
        if version != "v1":
            raise NotFound("no address of ours")
        asked = Asked(caller=caller, rest=parts[1:], query=dict(request.query_params), now=now)
        require_known(asked.query)
        if request.method in ("GET", "HEAD"):
            return _timed(written(self._routes.look(parts)(asked), account=caller.application.id))
        return self._changed(request, parts, body, asked)

    def _changed(self, request: Request, parts: Parts, body: bytes, asked: Asked) -> Written:
        run = self._routes.change(request.method, parts)
        headers = headers_of(request)
        if body or len(parts) == 1:
            reading.require_json(headers)
        if run == self._evaluate and "approval" not in (found := questions.question(body)).context:
            return written(self._evaluating.ask(asked, found), account=asked.caller.application.id)
        made = self._made(request, body, asked)
        with self._calls.running(made.call):
            response = self._calls.done(made.call, lambda: run(made), now=asked.now, status=200)
        return response if run == self._evaluate else _placed(response, filed=parts == ("requests",))

    def _evaluate(self, made: Changing) -> Reply:
        return self._evaluating.use(made, questions.question(made.body))

    def _key(self, request: Request, body: bytes, caller: Caller) -> str:
        """What the call is called: its Idempotency-Key; without one what it says under its X-Request-ID, or the
        name of its token, so that the same call sent again is the same call.
        """
        headers = headers_of(request)
        if idempotency.HEADER.lower() in headers:
            return reading.key_of(headers)
        name = request.headers.get(_REQUEST_ID, "") or f"jti {caller.jti}"
        return self._bindings.named(name, str(request.scope["path"]), body)

    def _made(self, request: Request, body: bytes, asked: Asked) -> Changing:
        caller = asked.caller
        call = once.named(
            caller.application.id,
            self._key(request, body, caller),
            method=request.method,
            path=str(request.scope["path"]),
            body=canonical(questions.members(body or b"{}")),
            token=Mark(name=f"jti:{caller.application.id}:{caller.jti}", until=caller.until),
        )
        return Changing(
            caller=caller,
            rest=asked.rest,
            query=asked.query,
            now=asked.now,
            body=body,
            call=call,
            beside=self._calls.beside(call, now=asked.now),
        )


def _placed(response: Written, *, filed: bool) -> Written:
    """With the address of the task, and whether anybody has to be waited for."""
    if filed:
        task = msgspec.json.decode(response.body)["task"]
        response.status_code = 202 if task["status"] == "pending" else 201
        response.headers["Location"] = task["status_endpoint"]
    return response


def _timed(response: Written) -> Written:
    """A task that waits says when to look again."""
    if msgspec.json.decode(response.body)["task"]["status"] == "pending":
        response.headers["Retry-After"] = _SOON
    return response


def _only_get() -> Response:
    return Response(status_code=405, headers={"Allow": "GET, HEAD"})
