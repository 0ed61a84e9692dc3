"""The server that clients see: the SDK's own, all of whose messages go the one way through `Forwarding`."""

from collections.abc import Mapping
from typing import Any

from mcp.server.lowlevel import Server

from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.forwarding import Forwarding


def front(forwarding: Forwarding, catalog: Catalog) -> Server[Any]:
    """Return the server. It speaks every generation of the protocol, whichever its upstream speaks."""

    def schema(name: str) -> Mapping[str, Any] | None:
        # By it the SDK holds headers that mirror arguments against the arguments.
        found = catalog.known.schema(name) if catalog.known is not None else None
        return found if isinstance(found, Mapping) else None

    server: Server[Any] = Server("countersign mcp-proxy", get_tool_input_schema=schema)
    server.middleware[:] = [forwarding]
    return server
