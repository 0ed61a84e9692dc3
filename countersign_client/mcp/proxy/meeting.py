"""Which generation of the protocol an upstream speaks: 2026-07-28, a request for itself, or sessions before it."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PROTOCOL_VERSION_HEADER,
    NAME_BEARING_METHODS,
    encode_header_value,
    find_invalid_x_mcp_header,
    mcp_param_headers,
    x_mcp_header_map,
)
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    CLIENT_INFO_META_KEY,
    PROTOCOL_VERSION_META_KEY,
    UNSUPPORTED_PROTOCOL_VERSION,
)
from mcp_types.version import (
    HANDSHAKE_PROTOCOL_VERSIONS,
    LATEST_HANDSHAKE_VERSION,
    LATEST_MODERN_VERSION,
    MODERN_PROTOCOL_VERSIONS,
)

from countersign_client.mcp.proxy.errors import Answered, Lost
from countersign_client.mcp.proxy.messages import Told

_ASKED_FOR = 10.0
"""Seconds that an upstream has for its first answer; then it is taken for one of the sessions' generation."""

_STARTED_FOR = 60.0
"""Seconds that it has to begin a session: programs are fetched and compiled meanwhile."""

_OURSELVES = {"name": "countersign mcp-proxy", "version": "1"}
_OF_THE_PROTOCOL = "io.modelcontextprotocol/"


class Connection(Protocol):
    """A way to an upstream, which ends for good."""

    @property
    def alive(self) -> bool: ...

    @property
    def headed(self) -> bool:
        """Whether headers go with what is sent."""
        ...

    def untaken(self, headers: Mapping[str, str]) -> str | None:
        """Return why these headers may not be taken by whoever listens. Raises `Unsent`."""
        ...

    async def request(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        headers: Mapping[str, str],
        timeout: float,
        told: Told | None,
    ) -> dict[str, Any]: ...

    async def notify(self, method: str, params: Mapping[str, Any], *, headers: Mapping[str, str]) -> None: ...

    async def aclose(self) -> None: ...


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """What an upstream said of itself."""

    version: str
    capabilities: Mapping[str, Any]
    info: Mapping[str, Any]
    instructions: str | None

    @property
    def modern(self) -> bool:
        """Whether each request says for itself who asks, and there is no session."""
        return self.version in MODERN_PROTOCOL_VERSIONS

    def stamped(self, params: Mapping[str, Any], capabilities: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters as this generation has them: with who asks on each request, or without."""
        meta = dict(params.get("_meta") or {})
        asking = meta.get(CLIENT_INFO_META_KEY, _OURSELVES)
        kept = meta if self.modern else {k: v for k, v in meta.items() if not k.startswith(_OF_THE_PROTOCOL)}
        if self.modern:
            kept |= _envelope(self.version, asking, capabilities)
        rest = {name: value for name, value in params.items() if name != "_meta"}
        return {**rest, "_meta": kept} if kept else rest

    def headers(self, method: str, params: Mapping[str, Any], schema: object = None) -> dict[str, str]:
        """Return the headers of a request, made of its body alone: what a client's headers say is not passed on.

        `schema` is the input schema of the tool that is called, which may have arguments mirrored in headers.
        """
        headers = {MCP_PROTOCOL_VERSION_HEADER: self.version}
        if not self.modern:
            return headers
        headers[MCP_METHOD_HEADER] = method
        if isinstance(name := params.get(NAME_BEARING_METHODS.get(method, "")), str):
            headers[MCP_NAME_HEADER] = encode_header_value(name)
        if isinstance(schema, Mapping):
            headers |= mcp_param_headers(x_mcp_header_map(schema), params.get("arguments") or {})
        return headers

    def unfollowable(self, schema: object) -> str | None:
        """Return why no client can mirror in headers what the schema wants to be there; None where one can."""
        return find_invalid_x_mcp_header(schema) if self.modern else None


async def meet(connection: Connection) -> Met:
    """Learn which generation it speaks, and begin a session where it needs one. Raises `UpstreamError`."""
    version, late = LATEST_MODERN_VERSION, False
    for _ in range(2):
        try:
            found = await _discovered(connection, version, seconds=_ASKED_FOR)
        except Answered as error:
            mutual = _mutual(error)
            if not mutual or mutual == version:
                break
            version = mutual
            continue
        except Lost:
            if not connection.alive:
                raise
            late = True
            break
        if found is not None:
            return found
        break
    try:
        return await _begun(connection)
    except Answered:
        # It was slow to start, and has taken us at our first word since: then it begins no session any more.
        found = await _discovered(connection, version, seconds=_STARTED_FOR) if late else None
        if found is None:
            raise
        return found


async def _discovered(connection: Connection, version: str, *, seconds: float) -> Met | None:
    headers = {MCP_PROTOCOL_VERSION_HEADER: version, MCP_METHOD_HEADER: "server/discover"}
    params = {"_meta": _envelope(version, _OURSELVES, {})}
    told = await connection.request("server/discover", params, headers=headers, timeout=seconds, told=None)
    versions = told.get("supportedVersions")
    if not isinstance(versions, list) or version not in versions:
        return None
    info = _object(_object(told.get("_meta")).get("io.modelcontextprotocol/serverInfo"))
    return Met(version=version, info=info, **_said(told))


async def _begun(connection: Connection) -> Met:
    params = {"protocolVersion": LATEST_HANDSHAKE_VERSION, "capabilities": {}, "clientInfo": _OURSELVES}
    told = await connection.request("initialize", params, headers={}, timeout=_STARTED_FOR, told=None)
    version = told.get("protocolVersion")
    if version not in HANDSHAKE_PROTOCOL_VERSIONS:
        raise Lost("the upstream speaks a version of the protocol that is not known here")
    met = Met(version=version, info=_object(told.get("serverInfo")), **_said(told))
    await connection.notify("notifications/initialized", {}, headers=met.headers("notifications/initialized", {}))
    return met


def _envelope(version: str, asking: object, capabilities: Mapping[str, Any]) -> dict[str, Any]:
    return {
        PROTOCOL_VERSION_META_KEY: version,
        CLIENT_INFO_META_KEY: asking,
        CLIENT_CAPABILITIES_META_KEY: dict(capabilities),
    }


def _said(told: Mapping[str, Any]) -> dict[str, Any]:
    instructions = told.get("instructions")
    return {
        "capabilities": _object(told.get("capabilities")),
        "instructions": instructions if isinstance(instructions, str) else None,
    }


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _mutual(error: Answered) -> str | None:
    supported = _object(error.data).get("supported") if error.code == UNSUPPORTED_PROTOCOL_VERSION else None
    known = [each for each in MODERN_PROTOCOL_VERSIONS if isinstance(supported, list) and each in supported]
    return known[-1] if known else None
