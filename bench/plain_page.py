"""`python -m bench.plain_page PATH ASSERTION`: a bare Starlette page by the same template, for every path.

It is a plain function, as Starlette has them: it runs in a thread of Starlette's. What the template is filled with
is what ours fills it with at PATH, once, when this begins. It serves at `PORT`.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import jinja2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bench.visits import HEADER
from bot.channels import CHANNELS
from bot.compose import Service
from bot.server import application
from bot.settings import read


def main(path: str, assertion: str) -> None:
    write = _filled(path, assertion)

    def page(_: Request) -> Response:
        return HTMLResponse(write())

    uvicorn.run(
        Starlette(routes=[Route("/{path:path}", page)]),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
    )


def _filled(path: str, assertion: str) -> Callable[[], str]:
    """Ask our own pages once, and keep how their template was rendered."""
    service = Service(read(os.environ, channels=CHANNELS), channels=CHANNELS)
    held: list[Callable[[], str]] = []
    plain = jinja2.Template.render

    def noting(template: jinja2.Template, *args: Any, **names: Any) -> str:
        held.append(partial(plain, template, *args, **names))
        return plain(template, *args, **names)

    setattr(jinja2.Template, "render", noting)  # noqa: B010 - for this one page
    asyncio.run(_asked(service, path, assertion))
    setattr(jinja2.Template, "render", plain)  # noqa: B010
    return held[-1]


async def _asked(service: Service, path: str, assertion: str) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"our own page is answered with {message['status']}")

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(HEADER.encode(), assertion.encode())],
    }
    await application(service)(scope, receive, send)


if __name__ == "__main__":
    main(*sys.argv[1:])
