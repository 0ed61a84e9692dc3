"""The HTTP side of the service: the channels' doors, health, and the public keys."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from approvals.refusals.errors import Unavailable
from bot.compose import Service
from bot.recent import Recent
from bot.sweep_settings import PATH as SWEEP
from handlers.channel import Door, Receive, Scope, Send
from handlers.later import Later
from handlers.seldom import Seldom


def application(service: Service) -> Door:
    """The ASGI application. Its lifespan starts the background work and ends it.

    A channel's door is found by its path, or by the first part of it, before any routing: what comes there waits
    for no other route.
    """
    doors = _doors(service)
    web = _web(service)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        door = _found(doors, scope["path"]) if scope["type"] == "http" else None
        await (door or web)(scope, receive, send)

    return service.telemetry.door(answer, routes={*doors, "/health", "/healthz", "/ready", KEYS, SWEEP})


def _doors(service: Service) -> Mapping[str, Door]:
    """The channels' doors by their paths. Of those at one path the first that takes a call answers it."""
    at: dict[str, list[tuple[Callable[[Scope], bool], Door]]] = {}
    for served in service.served:
        for path, door in served.doors.items():
            own = _Door(door, answered=service.background.begin)
            at.setdefault(path, []).append((served.takes, own))
    return {path: own[0][1] if len(own) == 1 else _shared(own) for path, own in at.items()}


def _shared(doors: Sequence[tuple[Callable[[Scope], bool], Door]]) -> Door:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        found = next((door for takes, door in doors if takes(scope)), doors[-1][1])
        await found(scope, receive, send)

    return answer


def _found(doors: Mapping[str, Door], path: str) -> Door | None:
    """The door with this path, or the one for all that begins with its first part, as `/review/` does."""
    first, slash, _ = path.removeprefix("/").partition("/")
    return doors.get(path) or (doors.get(f"/{first}/") if slash else None)


def _web(service: Service) -> Starlette:
    routes: list[BaseRoute] = [Route("/health", _health), Route("/ready", _ready(service))]
    if service.settings.routes != "pages":
        # The keys are for everybody, and behind the proxy nobody gets anything else without signing in.
        routes += [Route("/healthz", _health), Route(KEYS, _keys(service))]
        if service.settings.sweep_account:
            routes.append(Route(SWEEP, _sweep(service), methods=["POST"]))
    web = Starlette(routes=routes, lifespan=_lifespan(service))
    web.router.default = _astray(service, otherwise=web.router.not_found)
    # Who sends here follows no redirect: an address with a slash too many is none of ours, and the log says so.
    web.router.redirect_slashes = False
    return web


def _sweep(service: Service) -> Callable[[Request], Awaitable[Response]]:
    def make() -> Callable[[Request], Awaitable[Response]]:
        from bot.sweep import door  # noqa: PLC0415 - no start waits for who sweeps once a minute

        return door(service)

    made = Later(make)

    async def answer(request: Request) -> Response:
        swept = made.made
        if swept is None:
            swept = await run_in_threadpool(made)
        return await swept(request)

    return answer


COUNTS = 5.0
"""Seconds between two looks whether there is a count to tell in the log."""

KEYS = "/.well-known/jwks.json"


class _Door:
    """A channel's door; what is slow to load waits for an answer that went out here."""

    def __init__(self, door: Door, *, answered: Callable[[], None]) -> None:
        self._door = door
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._door(scope, receive, send)
        self._answered()


def _lifespan(service: Service) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.background.start()
        telling = asyncio.create_task(_telling(service.seldom))
        try:
            yield
        finally:
            telling.cancel()
            await run_in_threadpool(service.background.stop)

    return lifespan


async def _telling(seldom: Seldom) -> None:
    """Say what strangers did, now and then."""
    while True:
        await asyncio.sleep(COUNTS)
        seldom.flush()


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok")


def _ready(service: Service) -> Callable[[Request], Awaitable[Response]]:
    store_answers = Recent(service.store_answers)

    async def ready(_: Request) -> Response:
        try:
            fine = service.background.alive() and await store_answers()
        except Exception:  # noqa: BLE001 - whatever is wrong with the store, the answer is: not ready
            fine = False
        # A channel's silence is told and is no 503: a restart would mend nothing, and access must be taken away.
        lines = ["ready" if fine else "not ready", *service.complaints()]
        return PlainTextResponse("\n".join(lines), status_code=200 if fine else 503)

    return ready


def _astray(service: Service, *, otherwise: Door) -> Door:
    """Answer what comes to no address of ours. Where a channel may have sent it, say what to set."""
    lost = next((served.lost for served in service.served if served.lost is not None), None)

    async def astray(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await otherwise(scope, receive, send)
            return
        for served in service.served:
            if said := served.astray(Request(scope).headers):
                service.seldom.warn("astray", said)
        await (lost or PlainTextResponse("Not Found", status_code=404))(scope, receive, send)

    return astray


def _keys(service: Service) -> Callable[[Request], Awaitable[Response]]:
    public_keys = Recent(service.keys.public)

    async def keys(_: Request) -> Response:
        try:
            public = await public_keys()
        except (Unavailable, TimeoutError):
            return PlainTextResponse("the keys cannot be read now", status_code=503)
        return JSONResponse(dict(public), headers={"Cache-Control": "public, max-age=300"})

    return keys
