"""A call that waits for a change of one request: for what, how long, and until whoever called has gone."""

import asyncio
import contextlib

import msgspec
from starlette.requests import Request

from handlers.channel import Receive
from handlers.wire.polls import Polls
from handlers.wire.written import Written


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """What a call waits for, and for how long."""

    request: str
    version: int
    account: str
    seconds: float

    @classmethod
    def of(cls, request: Request, response: Written) -> "Wait | None":
        """None where the answer need not be waited for: it is a problem, or what is waited for is so."""
        found, query = response.about, request.query_params
        if found is None or request.method != "GET" or "wait" not in query:
            return None
        since = query.get("since")
        over = not found.waits if since is None else found.version != int(since)
        seconds = int(query["wait"])
        if over or not seconds:
            return None
        return cls(request=found.request, version=found.version, account=response.account, seconds=seconds)


async def until_changed(polls: Polls, wait: Wait, receive: Receive) -> bool:
    """Return once the request has changed, or else, with False, once the time is over or nobody waits.

    Raises `Fault` without a place.
    """
    with polls.place(wait.account):
        gone = asyncio.ensure_future(_hung_up(receive))
        changed = asyncio.ensure_future(polls.changed(wait.request, after=wait.version, seconds=wait.seconds))
        try:
            await asyncio.wait({gone, changed}, return_when=asyncio.FIRST_COMPLETED)
            return changed.done() and changed.result()
        finally:
            for each in (gone, changed):
                each.cancel()
            await asyncio.gather(gone, changed, return_exceptions=True)


async def _hung_up(receive: Receive) -> None:
    """Return when whoever called has gone."""
    with contextlib.suppress(Exception):
        while (await receive())["type"] != "http.disconnect":
            pass
