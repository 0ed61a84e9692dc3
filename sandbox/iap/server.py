"""The proxy, running: on a port of its own, for it covers every path of what is behind it."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.google.state import Google
from sandbox.iap.gate import Gate
from sandbox.iap.keys import Keys
from sandbox.iap.signin import SignIn
from sandbox.serving import Server

KEYS = "/iap/verify/public_key"


class StandIn:
    """A stand-in for Identity-Aware Proxy. `gate` is what it knows and does; `gate.url` where it is."""

    def __init__(
        self,
        google: Google,
        signin: SignIn,
        sockets: list[socket.socket],
        *,
        accounts_url: str,
        clock: Callable[[], float],
    ) -> None:
        self._sockets = sockets
        self.port = int(sockets[0].getsockname()[1])
        url = f"http://localhost:{self.port}"
        self.gate = Gate(google, signin, accounts_url=accounts_url, url=url, clock=clock)
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = Server(config)
        self._thread = threading.Thread(target=self._server.run, args=(self._sockets,), daemon=True)

    def start(self) -> None:
        """Serve, in a thread."""
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)

    def stop(self) -> None:
        """Stop serving and wait until the port is free."""
        self._server.stop()
        self._thread.join(timeout=10)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        response = await self.gate.answer(Request(scope, receive))
        await response(scope, receive, send)


def published(keys: Keys) -> list[BaseRoute]:
    """Routes that stand for `https://www.gstatic.com`: IAP's public keys in both forms."""

    async def answer(request: Request) -> Response:
        held = keys.jwks() if request.url.path.endswith("-jwk") else keys.pems()
        return JSONResponse(held, headers={"Cache-Control": "public, max-age=3000"})

    return [Route(KEYS, answer), Route(f"{KEYS}-jwk", answer)]
