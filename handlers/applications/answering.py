"""A call that was let in, by its address and its method: looked up, or done once."""

from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from approvals.changes import Mark
from handlers.applications.calls import Asked, Changing
from handlers.applications.changing import Changes
from handlers.applications.document import PATH, document
from handlers.applications.looking import Looking
from handlers.applications.operations import OPERATIONS
from handlers.identity.application import Caller
from handlers.wire import once, reading
from handlers.wire.once import Once
from handlers.wire.query import require_known
from handlers.wire.routes import Parts, Routes, headers_of, parts_of
from handlers.wire.written import Reply, Written, written

Look = Callable[[Asked], Reply]
Change = Callable[[Changing], Reply]


class Answering:
    """Answers every call of the API."""

    def __init__(self, looking: Looking, changes: Changes, *, calls: Once) -> None:
        self._calls = calls
        looks: Mapping[str, Look] = {
            "actions": looking.actions,
            "requests": looking.requests,
            "request": looking.request,
        }
        done: Mapping[str, Change] = {
            "person": changes.person,
            "ask": changes.ask,
            "withdraw": changes.withdraw,
            "consume": changes.consume,
        }
        self._routes = Routes(
            looks={OPERATIONS[name].path: run for name, run in looks.items()},
            changes={(OPERATIONS[name].method, *OPERATIONS[name].path): run for name, run in done.items()},
        )

    def open(self, request: Request) -> Response | None:
        """The document needs no token."""
        if parts_of(request) == (PATH,) and request.method in ("GET", "HEAD"):
            return Response(document(), media_type="application/json")
        return None

    def answer(self, request: Request, caller: Caller, body: bytes, *, now: datetime) -> Written:
        """Raises whatever stands against it."""
        parts = parts_of(request)
        asked = Asked(caller=caller, rest=parts[1:], query=dict(request.query_params), now=now)
        if request.method in ("GET", "HEAD"):
            return written(self._routes.look(parts)(asked), account=caller.application.id)
        return self._changed(request, parts, body, asked)

    def _changed(self, request: Request, parts: Parts, body: bytes, asked: Asked) -> Written:
        change = self._routes.change(request.method, parts)
        require_known(asked.query)
        headers = headers_of(request)
        if request.method != "DELETE" or body:
            reading.require_json(headers)
        key, caller = reading.key_of(headers), asked.caller
        path = str(request.scope["path"])
        call = once.named(
            caller.application.id,
            key,
            method=request.method,
            path=path,
            body=body,
            token=Mark(name=f"jti:{caller.application.id}:{caller.jti}", until=caller.until),
        )
        with self._calls.running(call):
            made = Changing(
                caller=caller,
                rest=asked.rest,
                query=asked.query,
                now=asked.now,
                body=body or b"{}",
                call=call,
                beside=self._calls.beside(call, now=asked.now),
            )
            status = 201 if len(parts) == 1 else 200
            return self._calls.done(call, lambda: change(made), now=asked.now, status=status)
