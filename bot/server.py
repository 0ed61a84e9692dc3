"""The HTTP side of the service: Slack's door, health, and the public keys."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from approvals.errors import Unavailable
from bot.compose import Service
from bot.recent import Recent
from handlers.seldom import Seldom
from handlers.slack.front import Front, Receive, Scope, Send


def application(service: Service) -> Starlette:
    """The ASGI application. Its lifespan starts the background work and ends it."""
    health = [Route(path, _health) for path in ("/health", "/healthz")]
    routes: list[BaseRoute] = [*health, Route("/ready", _ready(service)), Route(KEYS, _keys(service))]
    if service.front is not None:
        door = _Door(service.front, answered=service.background.begin)
        routes.append(Route("/slack/events", door))
    web = Starlette(routes=routes, lifespan=_lifespan(service), exception_handlers={404: _astray(service)})
    # Slack follows no redirect: an address with a slash too many is none of ours, and the log says so.
    web.router.redirect_slashes = False
    return web


COUNTS = 5.0
"""Seconds between two looks whether there is a count to tell in the log."""

KEYS = "/.well-known/jwks.json"


class _Door:
    """Slack's door; what is slow to load waits for an answer that went out here."""

    def __init__(self, front: Front, *, answered: Callable[[], None]) -> None:
        self._front = front
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._front(scope, receive, send)
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
        # Slack's silence is told and is no 503: a restart would mend nothing, and access must be taken away.
        lines = ["ready" if fine else "not ready", *service.complaints()]
        return PlainTextResponse("\n".join(lines), status_code=200 if fine else 503)

    return ready


def _astray(service: Service) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answer what comes to no address of ours. Where Slack may have sent it, say what to set."""
    check = (
        "its own address is /slack/events: correct the Request URLs in the app's settings (`countersign manifest"
        " --url` prints them)"
        if service.front is not None
        else "Socket Mode is used, because SLACK_APP_TOKEN is set: switch Socket Mode on in the app's settings, or"
        " unset SLACK_APP_TOKEN"
    )

    async def astray(request: Request, _: Exception) -> Response:
        if "x-slack-signature" in request.headers:
            service.seldom.warn("astray", f"answered with 404 what looks like a request of Slack's: {check}")
        return PlainTextResponse("Not Found", status_code=404)

    return astray


def _keys(service: Service) -> Callable[[Request], Awaitable[Response]]:
    public_keys = Recent(service.public_keys)

    async def keys(_: Request) -> Response:
        try:
            public = await public_keys()
        except (Unavailable, TimeoutError):
            return PlainTextResponse("the keys cannot be read now", status_code=503)
        return JSONResponse(dict(public), headers={"Cache-Control": "public, max-age=300"})

    return keys
