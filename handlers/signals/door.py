"""The door for signals: a transmitter pushes one SET in each call (RFC 8935)."""

import asyncio
import contextvars
import logging
import time
from concurrent.futures import Executor
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from approvals.refusals.errors import Conflict, Unavailable
from approvals.signals import Signal
from approvals.uses.heeding import Heeded, Heeding
from handlers import deadline
from handlers.bounds import bounded
from handlers.channel import Equipment, Receive, Scope, Send
from handlers.identity.secevent import LARGEST, Events, Unacceptable
from handlers.pace import TooFast, Turns
from handlers.wire.written import HEADERS
from handlers.wording.errors import error_id

TYPE = "application/secevent+jwt"

BURST = 200
"""Signals of one transmitter at once."""

EVERY = 0.02
"""Seconds for one more: fifty a second."""

PATIENCE = 8.0
"""Seconds in which a signal is heeded and answered."""

_log = logging.getLogger("countersign.signals")


class Ear:
    """Implements `Door`. A signal is answered once all that it ends is taken: else it comes again."""

    def __init__(self, events: Events, heeding: Heeding, *, equipment: Equipment, executor: Executor) -> None:
        self._events = events
        self._heeding = heeding
        self._equipment = equipment
        self._executor = executor
        self._pace = Turns(longest=0.0, burst=BURST, every=EVERY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._response(request)
        except ClientDisconnect:
            return  # nobody is there to be answered
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        if not self._equipment.policy().signals:
            return _error(404, "access_denied", "The policy lists no transmitter of signals.")
        if request.method != "POST":
            return _error(405, "invalid_request", "A SET is sent by POST.", allow="POST")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != TYPE or "content-encoding" in request.headers:
            return _error(400, "invalid_request", f"The body is one SET, of the type {TYPE} and not encoded.")
        body = await bounded(request, most=LARGEST)
        if body is None:
            return _error(413, "invalid_request", f"A SET has {LARGEST} bytes at most.")
        run = partial(contextvars.copy_context().run, self._heard, body)
        response: Response = await asyncio.get_running_loop().run_in_executor(self._executor, run)
        return response

    def _heard(self, body: bytes) -> Response:
        end = time.monotonic() + PATIENCE
        deadline.begin(answer=end, keep=end)
        try:
            return self._answer(body)
        except Unacceptable as error:
            self._equipment.seldom.warn(f"signal: {error.why}", f"a signal does nothing: {error}")
            return _error(400, error.err, f"{error.why[:1].upper()}{error.why[1:]}.")
        except TooFast as error:
            self._equipment.seldom.warn(
                "signal: pace", "a signal has to come again: its transmitter sends too many"
            )
            return _later(429, error.wait)
        except (Unavailable, Conflict) as error:
            self._equipment.seldom.warn("signal: later", f"a signal has to come again: {error}")
            return _later(503, 2.0)
        except Exception as error:  # noqa: BLE001 - whatever it is, the signal has to come again
            _log.exception("%s: unexpected %s", error_id(), type(error).__name__)
            return _later(500, 60.0)

    def _answer(self, body: bytes) -> Response:
        now = self._equipment.clock()
        try:
            text = body.decode("ascii").strip("\r\n")
        except UnicodeDecodeError:
            raise Unacceptable("invalid_request", "the body is no text") from None
        signal = self._events.read(text, now=now)
        self._pace.take(signal.transmitter)
        self._tell(signal, self._heeding.heed(signal, now=now))
        return Response(status_code=202)

    def _tell(self, signal: Signal, found: Heeded) -> None:
        """Say in the log what was taken, and count what does nothing."""
        if found.taken or found.absences:
            _log.warning(
                "%s of %s by %s: %d requests and %d absences were ended",
                signal.event,
                signal.person,
                signal.transmitter,
                len(found.taken),
                found.absences,
            )
        elif found.outcome != "heeded":
            why = "it came before" if found.outcome == "again" else "it is of a kind, or about somebody, unknown"
            self._equipment.seldom.warn(f"signal: {why}", f"a signal does nothing: {signal.transmitter}: {why}")


def _error(status: int, err: str, description: str, *, allow: str = "") -> Response:
    """RFC 8935 section 2.3."""
    headers = {"Content-Language": "en"} | ({"Allow": allow} if allow else {})
    return JSONResponse({"err": err, "description": description}, status_code=status, headers=headers)


def _later(status: int, seconds: float) -> Response:
    return Response(status_code=status, headers={"Retry-After": str(max(round(seconds), 1))})
