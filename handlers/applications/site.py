"""The doors of the applications' API: who calls, what they call, and what every answer carries."""

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from approvals.refusals.errors import Unavailable
from handlers import deadline
from handlers.aside import aside
from handlers.bounds import bounded
from handlers.channel import Equipment, Receive, Scope, Send
from handlers.identity.application import Caller, Callers, Opening, Signed
from handlers.pace import Turns
from handlers.wire import reading
from handlers.wire.polls import Polls
from handlers.wire.problems import Fault, refusal
from handlers.wire.routes import failed
from handlers.wire.waiting import Wait, until_changed
from handlers.wire.written import HEADERS, Written, problem

LARGEST = 64 * 1024
"""Bytes of a body."""

BURST = 200
"""Calls of one application at once."""

EVERY = 0.02
"""Seconds for one more: fifty a second."""

AT_ONCE = 8
"""Calls of one application that threads are working on; the next ones wait for these, and for nobody else's."""

PATIENCE = 8.0
"""Seconds in which a call is answered that does not wait for anything."""

_REQUEST_ID = "X-Request-ID"
"""By what a caller knows a call: it comes back with whatever that is answered (AuthZEN)."""

_LONGEST_NAME = 200

_log = logging.getLogger("countersign.applications")


class Answers(Protocol):
    """Answers what comes in by one of the doors."""

    def open(self, request: Request) -> Response | None:
        """What everybody is answered, whoever calls; None where somebody has to be let in first."""

    def answer(self, request: Request, caller: Caller, body: bytes, *, now: datetime) -> Written:
        """What somebody is answered who was let in. Raises whatever stands against it."""


class _Entered(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was let in, as far as its body goes, and when it came. `read` is when its body was there."""

    opening: Opening
    begun: float
    read: datetime


class Site:
    """Answers applications of the policy, and says to everybody else why not, as problems."""

    def __init__(
        self,
        callers: Callers,
        answers: Mapping[str, Answers],
        *,
        polls: Polls,
        equipment: Equipment,
        executor: Executor,
    ) -> None:
        """`answers` by their doors, as `Served` has them."""
        self._callers = callers
        self._answers = answers
        self._polls = polls
        self._equipment = equipment
        self._executor = executor
        self._pace = Turns(longest=0.0, burst=BURST, every=EVERY)
        self._turns: dict[str, asyncio.Semaphore] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._response(request, receive)
        except ClientDisconnect:
            return  # nobody is there to be answered
        response.headers.update(HEADERS)
        if name := request.headers.get(_REQUEST_ID, "")[:_LONGEST_NAME]:
            response.headers[_REQUEST_ID] = name
        await response(scope, receive, send)

    async def _response(self, request: Request, receive: Receive) -> Response:
        entered = await aside(self._executor, partial(self._enter, request))
        if isinstance(entered, Response):
            return entered
        body = await self._body(request, entered.opening)
        entered = msgspec.structs.replace(entered, read=self._equipment.clock())
        response = await self._in_turn(request, entered, body)
        wait = Wait.of(request, response)
        return response if wait is None else await self._waited(request, receive, entered, wait, response)

    def _at(self, request: Request) -> Answers:
        path = str(request.scope["path"])
        return self._answers.get(path) or self._answers[f"/{path.split('/')[1]}/"]

    async def _body(self, request: Request, opening: Opening) -> bytes | None:
        """The body, which is waited for while its token counts: one that comes in drops holds nothing for longer.

        What was not there in time is none, which the token is not for.
        """
        left = (opening.until - self._equipment.clock()).total_seconds()
        try:
            async with asyncio.timeout(max(left, 0.0)):
                return await bounded(request, most=LARGEST)
        except TimeoutError:
            return b""

    async def _waited(
        self, request: Request, receive: Receive, entered: _Entered, wait: Wait, response: Written
    ) -> Written:
        """The answer anew once the request has changed, or the same when the time is over: it says nothing but
        what is on record. Who hangs up gives it up.
        """
        try:
            if not await until_changed(self._polls, wait, receive):
                return response
        except Fault as fault:
            return problem(refusal(fault))
        again = msgspec.structs.replace(entered, begun=time.monotonic())
        return await self._in_turn(request, again, b"")

    async def _in_turn(self, request: Request, entered: _Entered, body: bytes | None) -> Written:
        """Answer in a thread, of which one application has a few at a time."""
        turn = self._turns.setdefault(entered.opening.application.id, asyncio.Semaphore(AT_ONCE))
        async with turn:
            response: Written = await aside(self._executor, partial(self._answer, request, entered, body))
        return response

    def _enter(self, request: Request) -> _Entered | Response:
        """All of a call that can be checked before its body is read: of a stranger's nothing is."""
        begun = _begin(time.monotonic())
        try:
            if (found := self._at(request).open(request)) is not None:
                return found
            now = self._equipment.clock()
            opening = self._callers.opening(Signed.of(request.scope, b""), now=now)
            self._pace.take(opening.application.id)
        except Unavailable as error:
            return problem(refusal(error))  # the log has it already
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            return failed(error, log=_log)
        return _Entered(opening=opening, begun=begun, read=now)

    def _answer(self, request: Request, entered: _Entered, body: bytes | None) -> Written:
        _begin(entered.begun)
        try:
            caller = self._callers.whole(entered.opening, _require_small(body), now=entered.read)
            return self._at(request).answer(request, caller, body or b"", now=self._equipment.clock())
        except Exception as error:  # noqa: BLE001 - as above
            return failed(error, log=_log)


def _begin(begun: float) -> float:
    deadline.begin(answer=begun + PATIENCE, keep=begun + PATIENCE)
    return begun


def _require_small(body: bytes | None) -> bytes:
    if body is None:
        raise reading.too_large(LARGEST)
    return body
