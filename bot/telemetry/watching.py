"""Where the service is watched: what it answers, what reconcile does, what it calls, what it commits."""

from collections.abc import Callable, Collection
from typing import Any, cast
from urllib.parse import urlsplit

from approvals.changes import Change
from approvals.ports.store import Store
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


class _WatchedStore:
    """A store that tells how long each decision took, once it is kept. All else is the store's own."""

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store, self._recorder = store, recorder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def create(self, change: Change, *, key: str, older: Change | None = None) -> Request:
        made = self._store.create(change, key=key, older=older)
        if made.id == change.request.id:
            for each in (change, *([older] if older is not None else [])):
                self._decided(each)
        return made

    def commit(self, change: Change) -> None:
        self._store.commit(change)
        self._decided(change)

    def _decided(self, change: Change) -> None:
        request, decision = change.request, change.request.decision
        if decision is None or not any(entry.action in _DECIDED for entry in change.entries):
            return
        seconds = (decision.at - request.filed).total_seconds()
        said = {"countersign.outcome": decision.outcome, "countersign.kind": request.terms.requirement.kind}
        self._recorder.time(DECISION, seconds, said)


def watched_store(store: Store, recorder: Recorder) -> Store:
    return cast("Store", _WatchedStore(store, recorder))
