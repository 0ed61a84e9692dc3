"""A server on standard input and output, whatever its client writes."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from mcp import StdioServerParameters
from mcp_types import CallToolResult

from countersign_client.mcp.stdio import message
from tests.bot.commands import ROOT
from tests.support.mcp_clients import GENERATIONS, called, client

PROGRAM = [sys.executable, "-m", "tests.countersign_client.mcp.at_desk"]
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
WANTED: dict[str, Any] = {"server": "crm", "tool": "delete_account", "arguments": {"id": "\ud800"}}
LISTED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}


class Program:
    """A client that writes whatever it likes, line by line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            PROGRAM, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout

    def say(self, line: bytes | dict[str, Any]) -> None:
        self._in.write((json.dumps(line).encode() if isinstance(line, dict) else line) + b"\n")
        self._in.flush()

    def ask(self, line: bytes | dict[str, Any]) -> dict[str, Any]:
        self.say(line)
        found: dict[str, Any] = json.loads(self._out.readline())
        return found

    def hears(self, number: int) -> dict[str, Any]:
        """The answer of this number, whatever was answered before it."""
        return next(said for line in self._out if (said := json.loads(line)).get("id") == number)

    def leave(self, *pipes: str) -> tuple[int, bytes]:
        """Close these pipes in the middle of what is answered, and say how it ended and what it had to say."""
        for each in pipes:
            (self._in if each == "in" else self._out).close()
        assert self._process.stderr is not None
        with self._process.stderr as errors:
            code = self._process.wait(60)
            self._in.close()
            self._out.close()
            return code, errors.read()

    def end(self) -> tuple[int, bytes]:
        """Go, and say how it ended and what else it had to say."""
        _, said = self._process.communicate(timeout=60)
        return self._process.returncode, said


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    started = Program()
    yield started
    code, said = started.end()
    assert (code, b"Traceback" in said) == (0, False), said


@pytest.mark.parametrize(
    ("line", "number", "code"),
    [
        (b'{"jsonrpc": "2.0", "id": 5, "method": "tools/call", "method": "ping"}', 5, -32600),
        (b'{"jsonrpc": "2.0", "id": "a", "method": "ping", "params": {"x": NaN}}', "a", -32600),
        (b'{"jsonrpc": "2.0", "id": 6, "method": "ping", "params": {"x": {"y": 1, "y": 1}}}', 6, -32600),
        (b'{"jsonrpc": "1.0", "id": 7, "method": "ping"}', 7, -32600),
        (b'{"id": 1.5, "method": "x"}', None, -32600),
        (b"no json", None, -32700),
        (b"\xff\xfe", None, -32700),
        (b"[" * 100_000, None, -32700),
    ],
)
def test_a_line_that_cannot_be_taken_is_answered_with_an_error(
    program: Program, line: bytes, number: Any, code: int
) -> None:
    said = program.ask(line)

    assert (said["id"], said["error"]["code"]) == (number, code)


@pytest.mark.parametrize("line", [b'{"jsonrpc": "2.0", "method": "x", "method": "y"}', b'{"a": NaN}', b"[1, 2]"])
def test_what_nobody_waits_for_is_answered_by_nothing(line: bytes) -> None:
    assert message(line) is None


def test_it_goes_on_afterwards_and_what_a_handler_prints_is_no_message() -> None:
    program = Program()
    asked = {
        "jsonrpc": "2.0",
        "id": 9,
        "method": "tools/call",
        "params": {"name": "ask_approval", "arguments": WANTED, "_meta": META},
    }
    program.say(b"")
    program.say(b'{"jsonrpc": "2.0", "method": "notifications/x", "method": "notifications/y"}')

    said = program.ask(asked)

    assert said["result"]["isError"] is True
    assert "arguments.id has no canonical JSON" in said["result"]["structuredContent"]["message"]
    assert len(program.ask(LISTED)["result"]["tools"]) == 5
    code, printed = program.end()
    assert (code, b"what a handler prints" in printed) == (0, True), printed


@pytest.mark.parametrize("mode", GENERATIONS)
def test_clients_of_both_generations_are_served(mode: str) -> None:
    async def asked() -> Any:
        started = StdioServerParameters(command=PROGRAM[0], args=PROGRAM[1:], cwd=ROOT)
        async with client(started, mode) as connected:
            return await called(connected, "ask_approval", **WANTED | {"arguments": {"id": "1"}})

    found = asyncio.run(asked())
    assert isinstance(found, CallToolResult)
    assert found.structured_content["outcome"] == "pending"


def test_a_client_that_asked_before_we_had_started_and_gave_up_begins_a_session() -> None:
    program = Program()
    asked = {"clientInfo": {"name": "t", "version": "1"}, "capabilities": {}, "protocolVersion": "2025-06-18"}
    program.say({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": META}})
    program.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
    program.say({"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": asked})
    begun = program.hears(2)
    program.say({"jsonrpc": "2.0", "method": "notifications/initialized"})
    program.say({"jsonrpc": "2.0", "id": 3, "method": "initialize", "params": asked})
    program.say({"jsonrpc": "2.0", "id": 4, "method": "tools/list"})
    listed = program.hears(4)
    code, said = program.end()

    assert begun["result"]["protocolVersion"] == "2025-06-18"
    assert len(listed["result"]["tools"]) == 5
    assert (code, b"Traceback" in said) == (0, False), said


def test_a_client_that_has_begun_otherwise_begins_no_session_afterwards() -> None:
    program = Program()
    program.say(LISTED)
    listed = program.hears(1)
    program.say({"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}})
    refused = program.hears(2)
    program.end()

    assert len(listed["result"]["tools"]) == 5
    assert "error" in refused


@pytest.mark.parametrize("pipes", [("in", "out"), ("out", "in"), ("out",)])
def test_a_client_that_leaves_in_the_middle_of_an_answer_is_let_go_without_a_word(pipes: tuple[str, ...]) -> None:
    program = Program()
    assert program.ask(LISTED)["id"] == 1
    for number in range(2, 400):
        program.say(LISTED | {"id": number})

    assert program.leave(*pipes) == (0, b"")
