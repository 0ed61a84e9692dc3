"""`POST /slack/events`: size, time and signature are checked on the raw bytes before anything parses them."""

import asyncio
import hashlib
import hmac
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from handlers.channel import Receive, Scope, Send
from handlers.deadline import over
from handlers.seldom import Seldom
from handlers.slack import deadline, rejections
from handlers.slack.answers import Answer, answer
from handlers.slack.app import SlackApp
from handlers.slack.bodies import Garbage, form, parse
from handlers.slack.crowd import Crowded, Lines, sender
from handlers.slack.failures import crowded
from handlers.slack.kinds import Unknown, named, require_known
from handlers.slack.pace import Pace
from handlers.slack.rejections import Rejected
from handlers.wording.errors import error_id, generic

LIMIT = 768 << 10
"""Bytes of a body. The largest that Slack sends is a form of 250 kB, each byte of it escaped to three."""

CHECK = 1 << 10
"""Bytes of an unsigned `ssl_check`."""

AGE = 300
"""Seconds that a signature may be old or early (docs.slack.dev, Verifying requests from Slack)."""

TIMEOUT = 5.0
"""Seconds in which a body must have come; Slack sends it at once. Less than a stopping server waits."""


_logger = logging.getLogger("countersign.slack")


class Front:
    """An ASGI application in front of the listeners, which runs in `executor`: 32 to 128 threads."""

    def __init__(
        self,
        app: SlackApp,
        *,
        signing_secret: str,
        executor: Executor,
        clock: Callable[[], datetime],
        pace: Pace,
        seldom: Seldom,
    ) -> None:
        if not signing_secret:
            raise ValueError("an empty signing secret would let anybody in")
        self._app = app
        self._secret = signing_secret.encode()
        self._executor = executor
        self._clock = clock
        self._seldom = seldom
        self._pace = pace
        self._lines = Lines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            said = await self._answered(scope, receive)
        except Rejected as rejected:
            # Its frames hold the body, in a ring that is not found before the garbage is collected.
            rejected.__traceback__ = rejected.__context__ = None
            rejected.say(self._seldom)
            said = answer(rejected.status, str(rejected))
        await _respond(send, said)

    async def _answered(self, scope: Scope, receive: Receive) -> Answer:
        if _asks_for_the_certificate(scope):
            return answer(200)
        headers = _headers(scope)
        try:
            if "x-slack-request-timestamp" not in headers:
                # Slack sees by it whether our certificate is good. It says and does nothing, and is not signed.
                async with asyncio.timeout(TIMEOUT):
                    await _require_certificate_check(headers, receive)
                return answer(200)
            async with asyncio.timeout(TIMEOUT):
                body = await self._verified(headers, receive)
        except TimeoutError:
            raise rejections.too_slow(TIMEOUT) from None
        arrived = time.monotonic()
        parsed = _read_by_its_kind(headers, body)
        if parsed.get("ssl_check") == "1":
            return answer(200)
        try:
            put_off = self._pace.delay(parsed)
            dispatched = partial(self._dispatch, parsed, headers, arrived)
            if put_off:
                await asyncio.sleep(put_off)
            left = deadline.ANSWER - put_off
            return await self._lines.run(sender(parsed), self._executor, dispatched, timeout=left)
        except Crowded:
            return crowded(parsed)

    async def _verified(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        stamp = self._fresh(headers.get("x-slack-request-timestamp", ""))
        given = headers.get("x-slack-signature", "")
        body = await _read(headers, receive, most=LIMIT, beyond=partial(rejections.too_large, LIMIT))
        digest = hmac.new(self._secret, b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"v0={digest}".encode(), given.encode()):
            raise rejections.forged()
        return body

    def _fresh(self, stamp: str) -> bytes:
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise rejections.unsigned()
        age = self._clock().timestamp() - int(stamp)
        if abs(age) > AGE:
            raise rejections.stale(age)
        return stamp.encode()

    def _dispatch(self, parsed: dict[str, Any], headers: Mapping[str, str], arrived: float) -> Answer:
        deadline.begin(arrived)
        if over():
            raise rejections.too_late()
        try:
            said = self._app.table.answer(parsed) or self._app.bolt().unheard(parsed, headers)
        except Rejected:
            raise
        except Exception:
            reference = error_id()
            _logger.exception("%s: unexpected", reference)
            return answer(500, generic(reference))
        if said.status == HTTPStatus.NOT_FOUND:
            rejections.unknown(named(parsed)).say(self._seldom)
        return said


def _asks_for_the_certificate(scope: Scope) -> bool:
    """Slack may also look at the certificate by a GET."""
    return scope["method"] == "GET" and b"ssl_check=1" in scope["query_string"].split(b"&")


async def _require_certificate_check(headers: Mapping[str, str], receive: Receive) -> None:
    """Raises `Rejected` where an unsigned request is anything but Slack's `ssl_check`, a small form."""
    if not headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise rejections.unsigned()
    try:
        body = await _read(headers, receive, most=CHECK, beyond=rejections.unsigned)
        fields = form(body)
    except Garbage:
        raise rejections.unsigned() from None
    if fields.get("ssl_check") != "1":
        raise rejections.unsigned()


def _read_by_its_kind(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Parse a body, once. Bolt's own parser loses every slash command whose form has the word "payload" in it."""
    try:
        parsed = parse(body, content_type=headers.get("content-type", ""))
        if parsed.get("ssl_check") != "1":
            require_known(parsed)
    except Garbage as error:
        raise rejections.garbage(str(error)) from error
    except Unknown as error:
        raise rejections.unknown(str(error)) from error
    return parsed


def _headers(scope: Scope) -> Mapping[str, str]:
    """Headers by lower-case name. One that is there twice counts as absent: nobody may choose which is read."""
    if scope["method"] != "POST":
        raise rejections.another_method(scope["method"])
    pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    times = Counter(name for name, _ in pairs)
    return {name: value for name, value in pairs if times[name] == 1}


async def _read(
    headers: Mapping[str, str], receive: Receive, *, most: int, beyond: Callable[[], Rejected]
) -> bytes:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 8 or int(length) > most):
        raise beyond()
    held = bytearray()
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            raise rejections.broken_off()
        held += part.get("body", b"")
        if len(held) > most:
            raise beyond()
        if not part.get("more_body"):
            return bytes(held)


async def _respond(send: Send, said: Answer) -> None:
    body = said.body.encode()
    heads = [(b"content-length", str(len(body)).encode())]
    heads += [(name.encode(), value.encode()) for name, value in said.headers.items()]
    await send({"type": "http.response.start", "status": said.status, "headers": heads})
    await send({"type": "http.response.body", "body": body})
