"""A server on standard input and output: one message a line (MCP, transport stdio).

What a handler or a child prints goes to standard error, for the output is the protocol's alone. A line that cannot
be read, or that two readers could take for two things, is answered with an error and reaches no handler.
"""

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from io import FileIO
from typing import Any, Protocol

import anyio
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from mcp.server.lowlevel import Server
from mcp.shared.message import SessionMessage
from mcp_types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from countersign_client.mcp.exact import Ambiguous, exactly

LARGEST = 4 * 1024 * 1024
"""Bytes of a line, as many as the body of a message over HTTP may have."""

Incoming = SessionMessage | Exception
Write = Callable[[bytes], Awaitable[None]]


class First(Protocol):
    """Who is asked for each message before the server is."""

    def took(self, message: JSONRPCMessage, write: Write) -> bool:
        """Whether a message is answered by `write`, whole lines at a time, and the server need not know of it."""

    def over(self) -> None:
        """The client has left."""


async def serve(server: Server[Any], first: First | None = None) -> None:
    """Serve the one client that started this program, until it closes our input."""
    async with _wire() as (reader, write), anyio.create_task_group() as group:
        outgoing, from_server = anyio.create_memory_object_stream[SessionMessage](0)
        taking = None if first is None else partial(first.took, write=write)
        group.start_soon(_write, write, from_server)
        async with anyio.create_task_group() as running:

            def begin() -> ObjectSendStream[Incoming]:
                to_server, incoming = anyio.create_memory_object_stream[Incoming](0)
                options = server.create_initialization_options()
                running.start_soon(server.run, incoming, outgoing.clone(), options)
                return to_server

            await _read(reader, _Sessions(begin), outgoing.clone(), taking)
        if first is not None:
            first.over()
        group.cancel_scope.cancel()


class _Sessions:
    """Whoever takes messages. The first one says which generation it is, and counts for all that follow it.

    A client that got no answer to `server/discover` in time, for we were starting still, begins a session of the
    older kind: then what it asked before counts no more.
    """

    def __init__(self, begin: Callable[[], ObjectSendStream[Incoming]]) -> None:
        self._begin = begin
        self._to = begin()
        self._asked: set[str] = set()

    async def send(self, message: SessionMessage) -> None:
        """Give it to the session that is, or to a new one."""
        if isinstance(message.message, JSONRPCRequest):
            method = message.message.method
            if method == "initialize" and self._asked == {"server/discover"}:
                await self._to.aclose()
                self._to = self._begin()
            self._asked.add(method if method in ("initialize", "server/discover") else "")
        await self._to.send(message)

    async def aclose(self) -> None:
        """There is nothing more to come."""
        await self._to.aclose()


async def _read(
    reader: asyncio.StreamReader,
    incoming: _Sessions,
    refusing: ObjectSendStream[SessionMessage],
    taking: Callable[[JSONRPCMessage], bool] | None,
) -> None:
    async with aclosing(incoming), refusing:
        while line := await _line(reader):
            found = message(line)
            if isinstance(found, SessionMessage):
                if taking is None or not taking(found.message):
                    await incoming.send(found)
            elif found is not None:
                await refusing.send(SessionMessage(found))


def message(line: bytes) -> SessionMessage | JSONRPCError | None:
    """What a line says, or what whoever sent it is answered; None where nobody waits for an answer."""
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_python(exactly(line), by_name=False))
    except Ambiguous as error:
        return _refused(error.read, INVALID_REQUEST, str(error))
    except ValidationError:
        return _refused(exactly(line), INVALID_REQUEST, "This is no message of JSON-RPC 2.0.")
    except (ValueError, RecursionError):
        return _refused({"id": None}, PARSE_ERROR, "This line is no JSON.")


def _refused(read: Any, code: int, said: str) -> JSONRPCError | None:
    """The error for a request. What has no id is a notification, which is answered by nothing."""
    if not isinstance(read, dict) or "id" not in read:
        return None
    try:
        known = JSONRPCRequest.model_validate({"jsonrpc": "2.0", "id": read["id"], "method": "m"}).id
    except ValidationError:
        known = None
    return JSONRPCError(jsonrpc="2.0", id=known, error=ErrorData(code=code, message=said))


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The next line that says something; none where the input ends, or a line has no end in sight."""
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            return error.partial
        except asyncio.LimitOverrunError:
            return b""
        if line.strip():
            return line


async def _write(write: Write, messages: ObjectReceiveStream[SessionMessage]) -> None:
    async with messages:
        async for each in messages:
            # In ASCII: half of a character, which an upstream may say, has no other form.
            said = each.message.model_dump(by_alias=True, exclude_unset=True)
            await write(json.dumps(said, separators=(",", ":")).encode() + b"\n")


@asynccontextmanager
async def _wire() -> AsyncIterator[tuple[asyncio.StreamReader, Write]]:
    """Our input and output on the event loop; what is printed meanwhile goes to standard error."""
    given, taken = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)
    with given, taken:
        async with _input(given) as (reader, leave), _output(taken, leave) as write:
            yield reader, write


@asynccontextmanager
async def _input(given: FileIO) -> AsyncIterator[tuple[asyncio.StreamReader, Callable[[], object]]]:
    """What comes in, and a way to take in no more."""
    reader = asyncio.StreamReader(limit=LARGEST)
    if _is_file(given):
        reader.feed_data(given.readall() or b"")
        reader.feed_eof()
        yield reader, lambda: None
        return
    loop = asyncio.get_running_loop()
    source, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), given)
    try:
        yield reader, source.close
    finally:
        source.close()


@asynccontextmanager
async def _output(taken: FileIO, unread: Callable[[], object]) -> AsyncIterator[Write]:
    """A way to write, which calls `unread` once nobody reads any more: then the client has left."""
    if _is_file(taken):

        async def to_file(octets: bytes) -> None:
            taken.write(octets)

        yield to_file
        return
    loop = asyncio.get_running_loop()
    sink, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, taken)
    writer = asyncio.StreamWriter(sink, protocol, None, loop)

    async def to_pipe(octets: bytes) -> None:
        if not sink.is_closing():
            writer.write(octets)
            with suppress(ConnectionError):
                await writer.drain()
        if sink.is_closing():
            unread()

    try:
        yield to_pipe
    finally:
        sink.close()


def _is_file(opened: FileIO) -> bool:
    """Whether it is a file of a disk, which the loop does not wait for."""
    return stat.S_ISREG(os.fstat(opened.fileno()).st_mode)
