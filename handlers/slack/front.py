"""`POST /slack/events`: size, time and signature are checked on the raw bytes before anything parses them."""

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import Executor
from datetime import datetime
from typing import Any

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.request.internals import build_context

from handlers.slack import patience
from handlers.slack.bodies import Garbage, parse
from handlers.wording.errors import error_id, generic

LIMIT = 1 << 20
"""Bytes of a body; Slack's are below 300 kB."""

AGE = 300
"""Seconds that a signature may be old or early (docs.slack.dev, Verifying requests from Slack)."""

PATIENCE = 5.0
"""Seconds in which a body must have come; Slack sends it at once. Less than a stopping server waits."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_logger = logging.getLogger("countersign.slack")


class Rejected(Exception):
    """A request is answered without being read further."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Front:
    """An ASGI application in front of the Bolt app, which runs in `executor`: 32 to 128 threads."""

    def __init__(
        self, app: App, *, signing_secret: str, executor: Executor, clock: Callable[[], datetime]
    ) -> None:
        if not signing_secret:
            raise ValueError("an empty signing secret would let anybody in")
        self._app = app
        self._secret = signing_secret.encode()
        self._executor = executor
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = _headers(scope)
            body = await asyncio.wait_for(self._verified(headers, receive), PATIENCE)
            arrived = time.monotonic()
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._executor, self._dispatch, headers, body, arrived)
        except Rejected as rejected:
            answer = _plain(rejected.status, str(rejected))
        except TimeoutError:
            answer = _plain(408, "The request did not come to its end.")
        await _respond(send, answer)

    async def _verified(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        stamp = self._fresh(headers.get("x-slack-request-timestamp", ""))
        given = headers.get("x-slack-signature", "")
        body = await _read(headers, receive)
        digest = hmac.new(self._secret, b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"v0={digest}".encode(), given.encode()):
            raise Rejected(401, "This is not signed by Slack.")
        return body

    def _fresh(self, stamp: str) -> bytes:
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise Rejected(401, "This is not signed by Slack.")
        if abs(self._clock().timestamp() - int(stamp)) > AGE:
            raise Rejected(401, "This signature is too old.")
        return stamp.encode()

    def _dispatch(self, headers: Mapping[str, str], body: bytes, arrived: float) -> BoltResponse:
        patience.begin(arrived)
        if patience.over():
            return _plain(503, "Too many people wait at this moment.")
        try:
            request = _request(headers, body)
        except Garbage:
            return _plain(400, "This is no request that Slack makes.")
        if request.body.get("ssl_check") == "1":
            return _plain(200, "")
        try:
            return self._app.dispatch(request)
        except Exception:
            reference = error_id()
            _logger.exception("%s: unexpected", reference)
            return _plain(500, generic(reference))


def _request(headers: Mapping[str, str], body: bytes) -> BoltRequest:
    """Make Bolt's request of a body that is parsed here, once.

    Bolt's own parser loses every slash command in whose form the word "payload" occurs. Raises `Garbage`.
    """
    parsed = parse(body, content_type=headers.get("content-type", ""))
    if not _in_shape(parsed):
        raise Garbage("a payload without what its kind always has")
    retry = {name: headers[name] for name in ("x-slack-retry-num", "x-slack-retry-reason") if name in headers}
    request = BoltRequest(body="", headers=dict(retry))
    request.body = parsed
    try:
        build_context(request.context, parsed)
    except (TypeError, AttributeError, ValueError, KeyError, IndexError) as error:
        raise Garbage("a payload in a shape of its own") from error
    return request


def _in_shape(parsed: Mapping[str, Any]) -> bool:
    """What Bolt takes for granted when it looks for the listener."""
    view, actions = parsed.get("view"), parsed.get("actions")
    match parsed.get("type"):
        case "block_actions":
            return isinstance(actions, list) and bool(actions) and all(map(_is_action, actions))
        case "view_submission" | "view_closed":
            return isinstance(view, dict) and "type" in view
    return view is None or isinstance(view, dict)


def _is_action(one: object) -> bool:
    return isinstance(one, dict) and "action_id" in one


def _headers(scope: Scope) -> Mapping[str, str]:
    """Headers by lower-case name. One that is there twice counts as absent: nobody may choose which is read."""
    if scope["type"] != "http" or scope["method"] != "POST":
        raise Rejected(405, "Only POST is answered here.")
    found: dict[str, str] = {}
    twice: set[str] = set()
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key in found:
            twice.add(key)
        found[key] = value.decode("latin-1")
    return {name: value for name, value in found.items() if name not in twice}


async def _read(headers: Mapping[str, str], receive: Receive) -> bytes:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 8 or int(length) > LIMIT):
        raise Rejected(413, "This is too large.")
    held = bytearray()
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            raise Rejected(400, "The request broke off.")
        held += part.get("body", b"")
        if len(held) > LIMIT:
            raise Rejected(413, "This is too large.")
        if not part.get("more_body"):
            return bytes(held)


def _plain(status: int, text: str) -> BoltResponse:
    return BoltResponse(status=status, body=text)


async def _respond(send: Send, answer: BoltResponse) -> None:
    body = answer.body.encode()
    heads = [(b"content-length", str(len(body)).encode())]
    heads += [(name.encode(), values[0].encode()) for name, values in answer.headers.items() if values]
    await send({"type": "http.response.start", "status": answer.status, "headers": heads})
    await send({"type": "http.response.body", "body": body})
