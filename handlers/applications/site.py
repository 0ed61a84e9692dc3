"""The doors of the applications' API: who calls, what they call, and what every answer carries."""

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from handlers import deadline
from handlers.applications.calls import Asked
from handlers.applications.document import PATH, document
from handlers.applications.looking import Looking
from handlers.applications.operations import OPERATIONS, Operation
from handlers.bounds import bounded
from handlers.channel import Door, Equipment, Receive, Scope, Send
from handlers.identity.application import Caller, Callers, Opening, Signed
from handlers.pace import Crowd, Turns
from handlers.wire import reading
from handlers.wire.routes import Parts, Routes, failed, parts_of
from handlers.wire.written import HEADERS, Written, written

LARGEST = 64 * 1024
"""Bytes of a body."""

BURST = 200
"""Calls of one application at once."""

EVERY = 0.02
"""Seconds for one more: fifty a second."""

AT_ONCE = 8
"""Calls of one application that threads are working on."""

PATIENCE = 8.0
"""Seconds in which a call is answered that does not wait for anything."""

_log = logging.getLogger("countersign.applications")

Run = Callable[[Any], Any]


class Site:
    """Answers applications of the policy, and says to everybody else why not, as problems."""

    def __init__(self, callers: Callers, looking: Looking, *, equipment: Equipment, executor: Executor) -> None:
        self._callers = callers
        self._equipment = equipment
        self._executor = executor
        self._pace = Turns(longest=0.0, burst=BURST, every=EVERY)
        self._crowd = Crowd(most=AT_ONCE)
        runs: Mapping[str, Run] = {"actions": looking.actions}
        self._routes = _routes(runs)

    def doors(self) -> Mapping[str, Door]:
        """Every path of the API, the first part of it."""
        return {"/v1/": self}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._response(request)
        except ClientDisconnect:
            return  # nobody is there to be answered
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        if parts_of(request) == (PATH,) and request.method in ("GET", "HEAD"):
            return Response(document(), media_type="application/json")
        begun = time.monotonic()
        opening = await self._in_thread(self._opened, request, begun)
        if isinstance(opening, Response):
            return opening
        body = await bounded(request, most=LARGEST)
        response: Written = await self._in_thread(self._answer, request, opening, body, begun)
        return response

    async def _in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        run = partial(contextvars.copy_context().run, work, *args)
        return await asyncio.get_running_loop().run_in_executor(self._executor, run)

    def _opened(self, request: Request, begun: float) -> Opening | Written:
        """All of a call that can be checked before its body is read: of a stranger's nothing is."""
        deadline.begin(answer=begun + PATIENCE, keep=begun + PATIENCE)
        try:
            opening = self._callers.opening(Signed.of(request.scope, b""), now=self._equipment.clock())
            self._pace.take(opening.application.id)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            return failed(error, log=_log)
        return opening

    def _answer(self, request: Request, opening: Opening, body: bytes | None, begun: float) -> Written:
        deadline.begin(answer=begun + PATIENCE, keep=begun + PATIENCE)
        try:
            caller = self._callers.whole(opening, _require_small(body))
            with self._crowd.place(caller.application.id):
                return self._answered(request, caller, body or b"")
        except Exception as error:  # noqa: BLE001 - as above
            return failed(error, log=_log)

    def _answered(self, request: Request, caller: Caller, body: bytes) -> Written:
        parts = parts_of(request)
        asked = Asked(
            application=caller.application,
            rest=parts[1:],
            query=dict(request.query_params),
            now=self._equipment.clock(),
        )
        if request.method in ("GET", "HEAD"):
            return written(self._routes.look(parts)(asked), account=caller.application.id)
        run: Run = self._routes.change(request.method, parts)
        return written(run(asked), account=caller.application.id)


def _require_small(body: bytes | None) -> bytes:
    if body is None:
        raise reading.too_large(LARGEST)
    return body


def _routes(runs: Mapping[str, Run]) -> Routes[Run, Run]:
    looks: dict[Parts, Run] = {}
    changes: dict[Parts, Run] = {}
    for name, run in runs.items():
        found: Operation = OPERATIONS[name]
        if found.body is None:
            looks[found.path] = run
        else:
            changes[(found.method, *found.path)] = run
    return Routes(looks=looks, changes=changes)
