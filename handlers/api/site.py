"""The API's doors: who calls, what they call, and what every answer carries."""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request

from approvals.answers import Call
from approvals.changes import Beside
from approvals.uses import Uses
from handlers import deadline
from handlers.api.absence import AbsenceCalls
from handlers.api.calls import Asked, Caller, Changing
from handlers.api.changing import Changes
from handlers.api.documents import Writer
from handlers.api.freezes import Freezes
from handlers.api.history import History, exported, numbers
from handlers.api.looking import Looking
from handlers.aside import aside
from handlers.bounds import bounded
from handlers.channel import Equipment, Receive, Scope, Send
from handlers.identity.visitors import Visitors
from handlers.pace import AT_ONCE, Crowd, Turns
from handlers.wire import once, reading
from handlers.wire.once import Once
from handlers.wire.polls import Polls
from handlers.wire.problems import Fault, refusal
from handlers.wire.routes import Parts, Routes, failed, headers_of, parts_of
from handlers.wire.streamed import Streamed
from handlers.wire.waiting import Wait, until_changed
from handlers.wire.written import HEADERS, Reply, Written, problem, written
from handlers.wording.history.exports import MEDIA

LARGEST = 16 * 1024
"""Bytes of a body: a few texts of a thousand characters, each of which may take twelve where it is escaped."""

PATIENCE = 8.0
"""Seconds in which a call is answered that does not wait for anything."""

_log = logging.getLogger("countersign.api")

Look = Callable[[Asked], Reply | Written]
Change = Callable[[Changing], Reply]


class Site:
    """Answers whoever the proxy let in, and says to everybody else why not, as problems."""

    def __init__(
        self,
        visitors: Visitors,
        looking: Looking,
        history: History,
        changes: Changes,
        writer: Writer,
        *,
        freezes: Freezes,
        absences: AbsenceCalls,
        uses: Uses,
        calls: Once,
        polls: Polls,
        equipment: Equipment,
        executor: Executor,
    ) -> None:
        self._visitors = visitors
        self._calls = calls
        self._polls = polls
        self._writer = writer
        self._equipment = equipment
        self._executor = executor
        self._uses = uses
        self._pace = Turns(longest=0.0)
        self._crowd = Crowd(most=AT_ONCE)
        looks: Mapping[Parts, Look] = {
            ("me",): looking.me,
            ("entitlements",): looking.entitlements,
            ("history",): history.list,
            ("export",): self._exported,
            ("numbers",): partial(numbers, uses),
            ("freezes",): freezes.list,
            ("absence",): absences.show,
            ("requests",): looking.requests,
            ("requests", "*"): looking.request,
        }
        changing: Mapping[Parts, Change] = {
            ("POST", "requests"): changes.file,
            ("POST", "requests", "*", "approve"): changes.approve,
            ("POST", "requests", "*", "deny"): changes.deny,
            ("POST", "requests", "*", "take_back"): changes.take_back,
            ("POST", "requests", "*", "offer"): changes.offer,
            ("POST", "requests", "*", "accept"): changes.accept,
            ("POST", "requests", "*", "withdraw"): changes.withdraw,
            ("DELETE", "requests", "*"): changes.withdraw,
            ("POST", "requests", "*", "end"): changes.end,
            ("POST", "requests", "*", "after_review"): changes.after_review,
            ("POST", "requests", "*", "extend"): changes.extend,
            ("POST", "freezes"): freezes.freeze,
            ("POST", "thaws"): freezes.thaw,
            ("PUT", "absence"): absences.leave,
            ("DELETE", "absence"): absences.back,
        }
        self._routes = Routes(looks=looks, changes=changing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await bounded(request, most=LARGEST)
        except ClientDisconnect:
            return  # nobody is there to be answered
        response = await self._in_thread(request, body)
        wait = Wait.of(request, response)
        if wait is not None:
            response = await self._waited(request, receive, wait)
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    async def _in_thread(self, request: Request, body: bytes | None, *, counted: bool = False) -> Written:
        """Answer in a thread of ours. `counted`: the call has had its turn already."""
        return await aside(self._executor, partial(self._answer, request, body, counted=counted))

    async def _waited(self, request: Request, receive: Receive, wait: Wait) -> Written:
        """The same answer once the request has changed, or the time is over. Who hangs up gives it up."""
        try:
            await until_changed(self._polls, wait, receive)
        except Fault as fault:
            return problem(refusal(fault))
        return await self._in_thread(request, b"", counted=True)

    def _answer(self, request: Request, body: bytes | None, *, counted: bool) -> Written:
        begun = time.monotonic()
        deadline.begin(answer=begun + PATIENCE, keep=begun + PATIENCE)
        parts = parts_of(request)
        try:
            return self._answered(request, parts, body, counted=counted)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            return failed(error, log=_log, page=self._page(parts))

    def _answered(self, request: Request, parts: tuple[str, ...], body: bytes | None, *, counted: bool) -> Written:
        now = self._equipment.clock()
        account = self._visitors.account(request.headers.raw, now=now)
        identity = self._visitors.identify(account, purpose="request", now=now)
        caller = Caller(account=account, identity=identity)
        if not counted:
            self._pace.take(account.ref)
        asked = Asked(caller=caller, rest=parts[1:], query=dict(request.query_params), now=now)
        with contextlib.nullcontext() if counted else self._crowd.place(account.ref):
            if request.method in ("GET", "HEAD"):
                return self._looked(request, parts, asked)
            return self._changed(request, parts, body, asked)

    def _looked(self, request: Request, parts: tuple[str, ...], asked: Asked) -> Written:
        look = self._routes.look(parts)
        if look == self._exported:
            # It is audited, and another site's page must not have it done in somebody's name.
            reading.require_own(headers_of(request))
            if request.method == "HEAD":
                raise Fault(405, "method", "This address takes GET.", allow="GET")
        found = look(asked)
        return found if isinstance(found, Written) else written(found, account=asked.caller.account.ref)

    def _exported(self, asked: Asked) -> Written:
        form, pieces = exported(self._uses, asked)
        return Streamed(pieces, executor=self._executor, media_type=MEDIA[form], name=f"countersign.{form}")

    def _changed(self, request: Request, parts: tuple[str, ...], body: bytes | None, asked: Asked) -> Written:
        change = self._routes.change(request.method, parts)
        headers = headers_of(request)
        reading.require_own(headers)
        reading.require_json(headers)
        if request.method == "DELETE":
            body = body or b"{}"
        key, account = reading.key_of(headers), asked.caller.account.ref
        if body is None:
            raise reading.too_large(LARGEST)
        path = str(request.scope["path"])
        call = once.named(account, key, method=request.method, path=path, body=body)
        with self._calls.running(call):
            made = Changing(
                caller=asked.caller,
                rest=asked.rest,
                query=asked.query,
                now=asked.now,
                body=body,
                call=call,
                beside=self._calls.beside(call, now=asked.now),
                answered=partial(self._kept, call, asked.now),
            )
            status = 201 if _files(parts) else 200
            return self._calls.done(call, lambda: change(made), now=asked.now, status=status)

    def _kept(self, call: Call, now: datetime, body: Any) -> Beside:
        return self._uses.answering.beside(call, msgspec.json.encode(body).decode(), now=now)

    def _page(self, parts: tuple[str, ...]) -> str:
        return self._writer.page(parts[1]) if len(parts) > 1 else ""


def _files(parts: tuple[str, ...]) -> bool:
    """What these calls do makes a new request."""
    return parts == ("requests",) or parts[-1] == "extend"
