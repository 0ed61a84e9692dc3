"""Where the service is watched: what it answers, what reconcile does, what it calls, what it commits."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from approvals.changes import Change
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict, NotFound, Refused
from approvals.requests import Request
from bot.telemetry.recorder import ANSWER, CALLS, DECISION, RUNS, Recorder
from countersign_client.outgoing import Begin, Call, Ended
from handlers.channel import Door, Receive, Scope, Send

_DECIDED = frozenset({"request.approved", "request.denied", "request.withdrawn", "request.expired"})
_BAD = 400
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


def watched_door(door: Door, recorder: Recorder, *, routes: Collection[str]) -> Door:
    """Time what a door answers. A path is told as the route that it fell to: paths hold tokens."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await door(scope, receive, send)
            return
        route, method = _route(scope["path"], routes), scope["method"]
        said = {"http.route": route, "http.request.method": method if method in _METHODS else "_OTHER"}
        end, status = recorder.span(f"{said['http.request.method']} {route}", said, kind="server"), 0

        async def sending(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await door(scope, receive, sending)
        finally:
            found = {"http.response.status_code": status or 500}
            recorder.time(ANSWER, end(found, failed=status == 0 or status >= 500), said | found)

    return answer


def _route(path: str, routes: Collection[str]) -> str:
    first = f"/{path.removeprefix('/').partition('/')[0]}/"
    return next((each for each in (path, first) if each in routes), "other")


def watched_work(recorder: Recorder) -> Callable[[str], Callable[[str], None]]:
    """What reconcile calls as it begins with a subject, and what that returns with how it came out."""

    def begin(subject: str) -> Callable[[str], None]:
        kind, _, about = subject.partition(":")
        said = {"countersign.kind": kind}
        end = recorder.span(f"reconcile {kind}", said | _request(kind, about))

        def over(outcome: str) -> None:
            end({"countersign.outcome": outcome}, failed=outcome == "failed")
            recorder.count(RUNS, said | {"countersign.outcome": outcome})

        return over

    return begin


def _request(kind: str, about: str) -> dict[str, str]:
    """Of work on one request its id. Resources and applications are named by others, and are left out."""
    return {"countersign.request": about} if kind in ("request", "activation", "event", "deeds") and about else {}


def watched_send(send: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    """Count what is answered to a channel, by the host alone: addresses hold tokens."""

    def sending(method: str, url: str, **options: Any) -> Any:
        status = 0
        try:
            answer = send(method, url, **options)
            status = answer.status
        finally:
            host = urlsplit(url).hostname or ""
            recorder.count(CALLS, {"server.address": host, "http.response.status_code": status})
        return answer

    return sending


def watched_calls(recorder: Recorder) -> Begin:
    """A span for each call that goes out, by OpenTelemetry's conventions for clients of HTTP, but for `url.full`.

    https://opentelemetry.io/docs/specs/semconv/http/http-spans/ has that as required: addresses hold tokens.
    """

    def begin(call: Call) -> Ended:
        said: dict[str, str | int] = {"server.address": call.host, "server.port": call.port}
        if call.protocol == "http":
            method = call.method if call.method in _METHODS else "_OTHER"
            name, said = "HTTP" if method == "_OTHER" else method, said | {"http.request.method": method}
        else:
            name, said = call.protocol, said | {"network.protocol.name": call.protocol}
        end = recorder.span(name, said, kind="client")

        def over(status: int, failed: str) -> None:
            more: dict[str, str | int] = {"http.response.status_code": status} if status else {}
            error = failed or (str(status) if status >= _BAD else "")
            end(more | ({"error.type": error} if error else {}), failed=bool(error))

        return over

    return begin


_ANSWERS = (Conflict, NotFound, Refused)
"""What a store says of what was asked of it. Whatever else it raises is a failure."""


class _WatchedStore:
    """A store that tells how long each decision took, once it is kept, and of operations within a span of ours.

    What timers ask by themselves has no span: it would be thousands a day that find nothing.
    """

    def __init__(self, store: Store, recorder: Recorder, system: str) -> None:
        self._store, self._recorder, self._system = store, recorder, system

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name.startswith("_") or name == "close" or not callable(found):
            return found
        watched = partial(self._watched, name, found)
        self.__dict__[name] = watched
        return watched

    def _watched(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if not self._recorder.inside:
            return call(*args, **options)
        said = {"db.system.name": self._system, "db.operation.name": name}
        end, outcome, failed = self._recorder.span(f"store {name}", said, kind="client"), "done", False
        try:
            return call(*args, **options)
        except BaseException as error:
            outcome, failed = type(error).__name__, not isinstance(error, _ANSWERS)
            raise
        finally:
            more = {"countersign.outcome": outcome} | ({"error.type": outcome} if failed else {})
            end(more, failed=failed)

    def create(self, change: Change, *, key: str, older: Change | None = None) -> Request:
        made: Request = self._watched("create", self._store.create, change, key=key, older=older)
        if made.id == change.request.id:
            for each in (change, *([older] if older is not None else [])):
                self._decided(each)
        return made

    def commit(self, change: Change) -> None:
        self._watched("commit", self._store.commit, change)
        self._decided(change)

    def _decided(self, change: Change) -> None:
        request, decision = change.request, change.request.decision
        if decision is None or not any(entry.action in _DECIDED for entry in change.entries):
            return
        seconds = (decision.at - request.filed).total_seconds()
        said = {"countersign.outcome": decision.outcome, "countersign.kind": request.terms.requirement.kind}
        self._recorder.time(DECISION, seconds, said)


def watched_store(store: Store, recorder: Recorder, *, system: str) -> Store:
    """`system` is what OpenTelemetry calls its database, as far as it has a name for it."""
    return cast("Store", _WatchedStore(store, recorder, system))


def watched_envelopes(recorder: Recorder) -> Callable[[str], Callable[[str], None]]:
    """What a channel calls as something comes in by a connection of its own.

    It is told one of the channel's own words, and what it returns by what name that failed, if it did.
    """

    def begin(kind: str) -> Callable[[str], None]:
        end = recorder.span(f"socket {kind}", {"network.protocol.name": "websocket"}, kind="server")

        def over(failed: str) -> None:
            end({"error.type": failed} if failed else {}, failed=bool(failed))

        return over

    return begin
