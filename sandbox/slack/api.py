"""The Web API over HTTP: tokens, scopes, bodies, faults, and `response_url`."""

import asyncio
import json
import math
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.drips import drip
from sandbox.slack.arguments import Args
from sandbox.slack.faults import Fault, Faults
from sandbox.slack.methods import FORMS, SCOPES, Methods
from sandbox.slack.rates import Rates
from sandbox.slack.records import Json, SlackError
from sandbox.slack.responses import Responses
from sandbox.slack.socket import Connections


class Api:
    """Answers what the app calls. Everything is quick, so it runs on the event loop itself."""

    def __init__(
        self, methods: Methods, faults: Faults, sockets: Connections, *, bot_token: str, app_token: str
    ) -> None:
        self.methods = methods
        self.faults = faults
        self.sockets = sockets
        self.bot_token = bot_token
        self.app_token = app_token
        self.revoked: set[str] = set()
        self.responses = Responses(methods.state)
        self.rates = Rates(methods.state.clock)

    def routes(self) -> list[BaseRoute]:
        """Routes below `/slack`."""
        return [
            Route("/api/{method}", self._call, methods=["GET", "POST"]),
            Route("/actions/{name:path}", self._hook, methods=["POST"]),
            Route("/commands/{name:path}", self._hook, methods=["POST"]),
            Route("/app/{name:path}", self._hook, methods=["POST"]),
        ]

    async def _call(self, request: Request) -> Response:
        method = request.path_params["method"]
        fault = self.faults.take(method)
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault and fault.kind not in {"lost", "drop", "drip"}:
            return _struck(fault)
        if wait := self.rates.wait(method):
            return _limited(wait)
        body = await request.body()
        try:
            answer = {"ok": True} | self._answer(method, request, body)
        except SlackError as error:
            answer = error.answer()
        if fault and fault.kind == "drip":
            await drip(request, json.dumps(answer).encode(), step=fault.step)
        if fault and fault.kind in {"lost", "drop"}:
            return _lost(request, cut=fault.kind == "drop")
        headers = {"x-oauth-scopes": ",".join(self.methods.granted)}
        if scope := SCOPES.get(method):
            headers["x-accepted-oauth-scopes"] = scope
        return JSONResponse(answer, headers=headers)

    def _answer(self, method: str, request: Request, body: bytes) -> Json:
        args = _args(request, body)
        is_json = request.headers.get("content-type", "").startswith("application/json")
        token = _token(request, {} if is_json else args)
        if method == "apps.connections.open":
            self._check(token, self.app_token)
            return {"url": self.sockets.ticket(request.headers.get("host", ""))}
        self._check(token, self.bot_token)
        if method not in self.methods.by_name:
            raise SlackError("unknown_method", req_method=method)
        if scope := SCOPES.get(method):
            self.methods.need(scope)
        if is_json and method in FORMS:
            args = dict(request.query_params)
        return self.methods.by_name[method](args)

    def _check(self, token: str, wanted: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise SlackError("invalid_auth")
        if token in self.revoked:
            raise SlackError("token_revoked")
        if token != wanted:
            raise SlackError("not_allowed_token_type")

    async def _hook(self, request: Request) -> Response:
        state, name = self.methods.state, request.path_params["name"]
        body = await request.body()
        try:
            hook = state.use_hook(name)
        except SlackError as error:
            return JSONResponse(error.answer(), 404)
        try:
            self.responses.to_hook(hook, body)
        except SlackError as error:
            return JSONResponse(error.answer(), 400)
        return PlainTextResponse("ok")


def _args(request: Request, body: bytes) -> Args:
    args: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json" and body:
        try:
            sent = json.loads(body)
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(sent, dict):
            raise SlackError("json_not_object")
        return args | sent
    if body and kind != "application/x-www-form-urlencoded":
        raise SlackError("invalid_post_type")
    return args | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _token(request: Request, form: Args) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else str(form.get("token", ""))


def _lost(request: Request, *, cut: bool) -> Response:
    # uvicorn's request cycle holds its transport; no interface of ASGI cuts a connection.
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if cut and transport is not None:
        transport.abort()
    return PlainTextResponse("upstream connect error", 500)


def _limited(wait: float) -> Response:
    headers = {"Retry-After": str(math.ceil(wait))}
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers=headers)


def _struck(fault: Fault) -> Response:
    if fault.kind == "ratelimit":
        return _limited(fault.seconds)
    if fault.kind == "refuse":
        return JSONResponse(SlackError(fault.code, *fault.messages).answer())
    return PlainTextResponse("Internal Server Error", 500)
