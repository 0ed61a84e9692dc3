"""`POST /internal/sweep`: Cloud Scheduler has all that is due done, where no thread runs between two calls.

A sweep does nothing of its own. It wakes the timer's pass and the chores, and is answered once nothing of what
they found is left, so that an instance which has its CPU during calls only has it for so long (ADR 98).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from approvals.refusals.errors import Unavailable
from bot.background import Background
from bot.compose import Service
from bot.sweep_settings import PATH
from handlers.identity import scheduler
from handlers.identity.keys import PublishedKeys
from handlers.pace import Turns
from handlers.wire.routes import failed
from handlers.wire.written import HEADERS

PATIENCE = 25.0
"""Seconds after which a sweep is answered, whatever is left. Cloud Scheduler waits for three minutes by itself."""

BURST = 10
"""Sweeps at once, with true tokens: more of them are told to come later."""

EVERY = 1.0
"""Seconds for one more."""

_WAITING = 2
"""Threads that wait for Google's keys while there are none."""

_GOOGLE = "https://www.googleapis.com"
_log = logging.getLogger("countersign.sweep")


def door(service: Service) -> Callable[[Request], Awaitable[Response]]:
    """What answers sweeps, by the settings, which have an account that sweeps."""
    settings = service.settings
    where = f"{settings.google_api_base_url}/www" if settings.google_api_base_url else _GOOGLE
    keys = PublishedKeys(
        f"{where}{scheduler.KEYS_PATH}", send=service.outside.send, clock=service.clock, most=_WAITING
    )
    let_in = scheduler.Calls(
        account=settings.sweep_account or "",
        audience=f"{settings.api_url}{PATH}",
        find=keys.find,
        seldom=service.seldom,
    )
    return Sweep(let_in, service.background, clock=service.clock).answer


class Sweep:
    """Lets one account sweep, at a pace, and joins all who come at once."""

    def __init__(self, calls: scheduler.Calls, background: Background, *, clock: Callable[[], datetime]) -> None:
        self._calls = calls
        self._background = background
        self._clock = clock
        self._pace = Turns(longest=0.0, burst=BURST, every=EVERY)

    async def answer(self, request: Request) -> Response:
        try:
            await run_in_threadpool(partial(self._calls.require, request.scope["headers"], now=self._clock()))
            self._pace.take(PATH)
            response: Response = await self._swept()
        except Exception as error:  # noqa: BLE001 - whatever it is, the call is answered
            response = failed(error, log=_log)
        response.headers.update(HEADERS)
        return response

    async def _swept(self) -> Response:
        """Raises `Unavailable` where the store, or this process, does not let what is due be done."""
        waited_for = [asyncio.wrap_future(each) for each in self._background.sweep()]
        done, left = await asyncio.wait(waited_for, timeout=PATIENCE)
        for each in left:
            each.cancel()
        if not all(each.result() for each in done):
            raise Unavailable("not all that is due could be looked for, or the service is about to end")
        return JSONResponse({"done": not left})
