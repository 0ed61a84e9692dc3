"""Serving either way: to the one client that started this program, or over HTTP to whoever brings a token."""

from typing import Any

import uvicorn
from mcp.server.lowlevel import Server

from countersign_client.errors import Unusable
from countersign_client.mcp import http, stdio
from countersign_client.mcp.people import People
from countersign_client.mcp.places import Place
from countersign_client.mcp.stdio import First

LOOPBACK = "127.0.0.1"


async def serve(
    server: Server[Any], people: People, *, place: Place | None, listen: str, first: First | None = None
) -> None:
    """Serve until the client goes, or the program is stopped. `listen` is `[HOST:]PORT`, for a server over HTTP.

    Over standard input and output `first` is asked for each message before the server is.

    Raises `Unusable` for an address that is none.
    """
    if place is None:
        await stdio.serve(server, first)
        return
    host, port = address(listen)
    config = uvicorn.Config(
        http.application(server, people, place),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    await uvicorn.Server(config).serve()


def address(listen: str) -> tuple[str, int]:
    """Where to listen; on loopback alone where no host is named. Raises `Unusable`."""
    host, _, port = listen.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise Unusable(f"{listen!r} is no port: give one, such as 8090, or an address of this machine and one")
    return host.strip("[]") or LOOPBACK, int(port)
