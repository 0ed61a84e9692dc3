"""One call until it is answered: what is sent, for how long one waits, and what an answer means.

Nothing here sends or waits: the work is a generator that says what is to be done next, and is told what came of
it. Whoever runs it, in a thread or on an event loop, does as it says.
"""

import json
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from countersign_client import objects
from countersign_client.applications import refusals
from countersign_client.applications.errors import NotAllowed, Unreachable
from countersign_client.calls import NoAnswer, Response

Result = TypeVar("Result")
Clock = Callable[[], float]
"""Seconds that only grow."""

ONE = 20.0
"""Seconds for one try, beside what the service is asked to hold its answer back."""

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)


class Send(NamedTuple):
    """Make one call, `signed` by the application. `target` is its path and query, `key` its Idempotency-Key."""

    method: str
    target: str
    timeout: float
    body: bytes = b""
    key: str = ""
    signed: bool = True


class Pause(NamedTuple):
    """Let so many seconds go by."""

    seconds: float


Step = Send | Pause
Work = Generator[Step, Response | NoAnswer | None, Result]
"""Steps to take; each is told what came of it: an answer, that there was none, or None after a pause."""


class Call(NamedTuple):
    """What is asked of the service, however often it has to be sent. It may hold its answer for `hold` seconds."""

    method: str
    target: str
    body: bytes = b""
    key: str = ""
    hold: float = 0.0
    signed: bool = True
    request: str = ""


def reading(path: str, query: Mapping[str, object] | None = None, **more: Any) -> Call:
    """A call that changes nothing."""
    return Call("GET", f"{path}?{urlencode(query)}" if query else path, **more)


def changing(
    path: str, body: Mapping[str, Any] | None, *, key: str, method: str = "POST", request: str = ""
) -> Call:
    """A call that changes something, once, however often it is sent under this key."""
    sent = b"" if body is None else json.dumps(body, allow_nan=False).encode()
    return Call(method, path, sent, key, request=request)


def answered(call: Call, *, end: float, now: Clock) -> Work[dict[str, Any]]:
    """Send it until it is answered. Raises `NotAllowed`; all of it is over when the clock says `end`."""
    pauses = iter(PAUSES)
    while True:
        left = max(end - now(), 0.1)
        limit = min(left, ONE + call.hold)
        came = yield Send(call.method, call.target, limit, call.body, call.key, call.signed)
        pause = next(pauses, None)
        if not isinstance(came, Response):
            failure: NotAllowed = _lost(call, came)
        elif came.status in (200, 201) and (found := objects.of(came.body)) is not None:
            return found
        else:
            failure = refusals.read(came, request=call.request, key=call.key)
            pause = refusals.wait(came, failure, pause)
        if pause is None or now() + pause >= end:
            raise failure
        yield Pause(pause)


def _lost(call: Call, came: NoAnswer | None) -> Unreachable:
    done = call.method == "GET"
    what = (
        "Nothing may be done on this" if done else "What was asked may have been done: ask again by the same key"
    )
    return Unreachable(
        f"Countersign gives no whole answer ({came}). {what}.", request_id=call.request, idempotency_key=call.key
    )
