"""A server over streamable HTTP, for people who bring tokens of their own (MCP, authorization; RFC 9728).

It is a resource server without a session: whose token a call brought is asked of Countersign, and the token goes
nowhere else. A browser's page of another origin, or a name that was bound to loopback, is refused.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types import HEADER_MISMATCH, INVALID_REQUEST, PROTOCOL_VERSION_META_KEY
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from countersign_client.applications.errors import NotAllowed, Unreachable
from countersign_client.errors import Unusable
from countersign_client.mcp.exact import Ambiguous, exactly
from countersign_client.mcp.people import People
from countersign_client.mcp.places import Place

LARGEST = 4 * 1024 * 1024
"""Bytes of a message."""

ARRIVING = 30.0
"""Seconds within which all of a message has come."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def application(server: Server[Any], people: People, place: Place) -> Starlette:
    """The server as an ASGI application. Every call stands by itself, so any number of instances may serve it."""
    manager = StreamableHTTPSessionManager(
        app=server, stateless=True, security_settings=_expected(place), max_request_body_size=LARGEST
    )

    async def metadata(_: Request) -> Response:
        return JSONResponse(
            {
                "resource": place.url,
                "resource_name": server.title or server.name,
                "authorization_servers": [place.issuer],
                "bearer_methods_supported": ["header"],
            },
            headers={"Access-Control-Allow-Origin": "*"},
        )

    guarded = _Guarded(StreamableHTTPASGIApp(manager), people, place)
    return Starlette(
        routes=[
            Route(place.path, endpoint=guarded),
            Route(urlsplit(place.metadata).path, endpoint=metadata),
        ],
        lifespan=lambda _: manager.run(),
    )


def _expected(place: Place) -> TransportSecuritySettings:
    return TransportSecuritySettings(
        allowed_hosts=[urlsplit(place.url).netloc, *(f"{each}:*" for each in _LOOPBACK)],
        allowed_origins=[place.origin],
    )


class _Guarded:
    """Lets in whoever brings a token that proves somebody, with a message that means one thing."""

    def __init__(self, app: ASGIApp, people: People, place: Place) -> None:
        self._app, self._people, self._place = app, people, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = await self._taken(Request(scope), receive)
        if isinstance(taken, Response):
            await taken(scope, receive, send)
            return
        await self._app(scope, _again(taken, receive), send)

    async def _taken(self, request: Request, receive: Receive) -> bytes | Response:
        """The message that somebody may send, or why it is not taken."""
        if (refusal := await self._stranger(request)) is not None:
            return refusal
        if request.method != "POST":
            # A stream that a client opens by GET belongs to a session, and here is none.
            return Response(status_code=405, headers={"Allow": "POST"})
        try:
            async with asyncio.timeout(ARRIVING):
                body = await _body(receive)
        except TimeoutError:
            return Response(status_code=408, headers={"Connection": "close"})
        if body is None:
            return Response("The message is larger than 4 MiB.", status_code=413)
        return _doubt(body, request.headers.get(MCP_PROTOCOL_VERSION_HEADER)) or body

    async def _stranger(self, request: Request) -> Response | None:
        """Why somebody is not let in; None where they are."""
        try:
            await self._people.of(request)
        except Unusable as error:
            return self._unknown("invalid_request", str(error), request)
        except Unreachable as error:
            return _said(503, "temporarily_unavailable", str(error), {"Retry-After": "5"})
        except NotAllowed as error:
            if error.code in ("token", "step_up"):
                return self._unknown("invalid_token", str(error), request)
            status = 503 if error.code == "unauthorized" else 403
            return _said(status, "access_denied", str(error))
        return None

    def _unknown(self, code: str, said: str, request: Request) -> Response:
        """Who calls has to sign in. Where no token came, no error is named (RFC 6750 section 3.1)."""
        error = f'error="{code}", ' if request.headers.get("authorization") else ""
        challenge = f'Bearer {error}resource_metadata="{self._place.metadata}"'
        return _said(401, code, said, {"WWW-Authenticate": challenge})


def _said(status: int, code: str, said: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": code, "error_description": said}, status, headers)


def _doubt(body: bytes, revision: str | None) -> Response | None:
    """Why nobody could say what a message means. What cannot be read at all is the server's to refuse.

    One that says which revision it is of has headers that are compared with it, so `revision`, which the header
    says, may not excuse it from that.
    """
    try:
        read = exactly(body)
    except Ambiguous as error:
        return _problem(INVALID_REQUEST, str(error), error.read)
    except (ValueError, RecursionError):
        return None
    if _revision(read) in (None, revision):
        return None
    return _problem(HEADER_MISMATCH, "The header MCP-Protocol-Version says another revision.", read)


def _revision(read: Any) -> Any:
    """The revision that a message says, as every one since 2026-07-28 does; None where it says none."""
    for name in ("params", "_meta", PROTOCOL_VERSION_META_KEY):
        read = read.get(name) if isinstance(read, dict) else None
    return read


def _problem(code: int, said: str, read: Any) -> Response:
    number = read.get("id") if isinstance(read, dict) else None
    known = number if isinstance(number, str | int) and not isinstance(number, bool) else None
    return JSONResponse({"jsonrpc": "2.0", "id": known, "error": {"code": code, "message": said}}, 400)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None where it is too large. Of who hangs up it is what came."""
    held = bytearray()
    while True:
        message = await receive()
        held += message.get("body", b"")
        if len(held) > LARGEST:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return bytes(held)


def _again(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """The same body once more, and then whatever comes, such as that the client hangs up."""
    first = True

    async def next_one() -> Message:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return next_one
