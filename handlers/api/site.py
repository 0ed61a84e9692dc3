"""The API's doors: who calls, what they call, and what every answer carries."""

import asyncio
import contextlib
import contextvars
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial

from starlette.requests import ClientDisconnect, Request

from approvals.answers import Answered
from approvals.errors import Conflict, NotFound, Unavailable
from handlers import deadline
from handlers.api.calls import Asked, Caller, Changing
from handlers.api.changing import Changes
from handlers.api.documents import Writer
from handlers.api.looking import Looking
from handlers.bounds import bounded
from handlers.channel import Door, Equipment, Receive, Scope, Send
from handlers.identity.visitors import Visitors
from handlers.pace import AT_ONCE, Crowd, Turns
from handlers.wire import once, reading
from handlers.wire.once import Once
from handlers.wire.polls import Polls
from handlers.wire.problems import Fault, refusal, unexpected
from handlers.wire.waiting import Wait, until_changed
from handlers.wire.written import HEADERS, Reply, Written, problem, said, written
from handlers.wording.errors import error_id, generic

LARGEST = 16 * 1024
"""Bytes of a body: a few texts of a thousand characters, each of which may take twelve where it is escaped."""

PATIENCE = 8.0
"""Seconds in which a call is answered that does not wait for anything."""

_log = logging.getLogger("countersign.api")

Look = Callable[[Asked], Reply]
Change = Callable[[Changing], Reply]


class Site:
    """Answers whoever the proxy let in, and says to everybody else why not, as problems."""

    def __init__(
        self,
        visitors: Visitors,
        looking: Looking,
        changes: Changes,
        writer: Writer,
        *,
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
        self._pace = Turns(longest=0.0)
        self._crowd = Crowd(most=AT_ONCE)
        self._looks: Mapping[tuple[str, ...], Look] = {
            ("me",): looking.me,
            ("entitlements",): looking.entitlements,
            ("requests",): looking.requests,
            ("requests", "*"): looking.request,
        }
        self._changes: Mapping[tuple[str, ...], Change] = {
            ("POST", "requests"): changes.file,
            ("POST", "requests", "*", "approve"): changes.approve,
            ("POST", "requests", "*", "deny"): changes.deny,
            ("POST", "requests", "*", "take_back"): changes.take_back,
            ("POST", "requests", "*", "withdraw"): changes.withdraw,
            ("DELETE", "requests", "*"): changes.withdraw,
            ("POST", "requests", "*", "end"): changes.end,
        }

    def doors(self) -> Mapping[str, Door]:
        """Every path of the API, the first part of it."""
        return {"/v1/": self}

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
        answered = partial(contextvars.copy_context().run, self._answer, request, body, counted=counted)
        return await asyncio.get_running_loop().run_in_executor(self._executor, answered)

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
        parts = tuple(str(request.scope["path"]).split("/")[2:])
        try:
            return self._answered(request, parts, body, counted=counted)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            return self._failed(error, parts)

    def _answered(self, request: Request, parts: tuple[str, ...], body: bytes | None, *, counted: bool) -> Written:
        now = self._equipment.clock()
        account = self._visitors.account(request.headers.raw, now=now)
        identity = self._visitors.identify(account, purpose="request", now=now)
        caller = Caller(account=account, identity=identity)
        if not counted:
            self._pace.take(account.ref)
        asked = Asked(caller=caller, rest=parts[1:], query=_query(request), now=now)
        with contextlib.nullcontext() if counted else self._crowd.place(account.ref):
            if request.method in ("GET", "HEAD"):
                return written(self._look(parts)(asked), account=account.ref)
            return self._changed(request, parts, body, asked)

    def _look(self, parts: tuple[str, ...]) -> Look:
        found = self._looks.get(_pattern(parts))
        if found is None:
            raise self._astray(parts)
        return found

    def _changed(self, request: Request, parts: tuple[str, ...], body: bytes | None, asked: Asked) -> Written:
        change = self._changes.get((request.method, *_pattern(parts)))
        if change is None:
            raise self._astray(parts)
        headers = _headers(request)
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
            )
            return self._once(change, made, filing=len(parts) == 1)

    def _once(self, change: Change, made: Changing, *, filing: bool) -> Written:
        """What the change answers, or what it was answered before."""
        found = self._calls.earlier(made.call, now=made.now)
        if found is None:
            try:
                return written(change(made), account=made.call.account)
            except Answered as answered:
                # Another instance was faster.
                found = once.same(made.call, answered.answer)
        response = said(found.body.encode(), status=201 if filing else 200)
        response.headers["Idempotent-Replayed"] = "true"
        return response

    def _astray(self, parts: tuple[str, ...]) -> Exception:
        """No such address, or not by this method."""
        pattern = _pattern(parts)
        known = {method for method, *rest in self._changes if tuple(rest) == pattern}
        known |= {"GET", "HEAD"} if pattern in self._looks else set()
        if not known:
            return NotFound("no address of ours")
        allow = ", ".join(sorted(known))
        return Fault(405, "method", f"This address takes {allow}.", allow=allow)

    def _failed(self, error: Exception, parts: tuple[str, ...]) -> Written:
        page = self._writer.page(parts[1]) if len(parts) > 1 else ""
        if isinstance(error, Unavailable | Conflict):
            _log.warning("could not serve a call: %s", error)
        try:
            return problem(refusal(error, page=page))
        except Exception:  # noqa: BLE001 - it is the error itself, which nobody outside may be told
            reference = error_id()
            _log.error("%s: unexpected %s", reference, type(error).__name__, exc_info=error)
            return problem(unexpected(generic(reference), reference))


def _pattern(parts: tuple[str, ...]) -> tuple[str, ...]:
    """A path by its parts, with a star for a request's id."""
    return tuple("*" if place == 1 and part else part for place, part in enumerate(parts))


def _query(request: Request) -> Mapping[str, str]:
    return dict(request.query_params)


def _headers(request: Request) -> reading.Headers:
    return {name: request.headers.getlist(name) for name in request.headers.keys()}  # noqa: SIM118 - names alone
