"""An agent asks a running service by `countersign mcp`, and people decide in chat."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from countersign_client.call_tokens import new_key
from countersign_client.keys import read_keys
from countersign_client.receipts import verify
from tests.bot.commands import ROOT, process
from tests.support.mcp_clients import GENERATIONS, LEGACY, MODERN, Task, about_task, called, over_http
from tests.support.payments import ISSUER
from tests.support.relay import relay
from tests.support.running import running
from tests.support.runtimes import Front, Runtime, policy

HANDSHAKE: tuple[dict[str, Any], ...] = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "by hand", "version": "1"},
        },
    },
    {"method": "notifications/initialized"},
)
"""How a session of before 2026-07-28 begins."""


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    key = new_key("ES256")
    folder = tmp_path_factory.mktemp("runtime")
    with (
        relay() as between,
        running(folder, policy=policy(ISSUER, key), environ={"COUNTERSIGN_API_URL": between.url}) as office,
    ):
        office.policy_file.write_text(policy(office.box.oidc_url, key))
        office.restart()
        between.to = office.url
        yield Runtime(office, key, between)


def wanted() -> dict[str, Any]:
    """A call that nobody has made before."""
    account = f"A-{secrets.token_hex(6)}"
    return {"server": "crm", "tool": "delete_account", "arguments": {"account": account, "copies": [1, 2]}}


def said(result: CallToolResult | Task) -> dict[str, Any]:
    assert isinstance(result, CallToolResult)
    return dict(result.structured_content)


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_call_waits_for_people_and_is_claimed_with_a_receipt_that_holds(runtime: Runtime, mode: str) -> None:
    call = wanted()

    async def played() -> tuple[dict[str, Any], ...]:
        async with runtime.program(mode) as agent:
            tools = said(await called(agent, "list_gated_tools"))
            asked = said(await called(agent, "ask_approval", **call, reason="It is a copy"))
            changed = call | {"arguments": call["arguments"] | {"copies": [1]}}
            other = said(await called(agent, "use_approval", request=asked["request"], **changed))
            claimed = said(await called(agent, "use_approval", request=asked["request"], **call))
            return tools, asked, other, claimed

    bob = runtime.meanwhile(call["arguments"]["account"])
    tools, asked, other, claimed = asyncio.run(played())
    bob.join(60)

    assert [each["tool"] for each in tools["tools"]] == ["delete_*"]
    assert asked["outcome"] == "approved"
    assert (other["outcome"], other["code"], list(other["fields"])) == (
        "refused",
        "parameters",
        ["arguments.copies"],
    )
    assert (claimed["outcome"], claimed["arguments"]) == ("claimed", call["arguments"])
    keys = read_keys(runtime.office.fetch("/.well-known/jwks.json")[1].encode())
    receipt = verify(claimed["receipt"], keys)
    assert receipt.request == asked["request"]
    assert receipt.decision.by == ("bob@example.com",)
    assert runtime.uses(asked["request"]) == 1


def test_a_program_that_is_killed_after_the_claim_loses_no_receipt_and_uses_nothing_twice(
    runtime: Runtime,
) -> None:
    call = wanted()

    async def asked() -> str:
        async with runtime.program(LEGACY) as agent:
            return str(said(await called(agent, "ask_approval", **call))["request"])

    async def claimed(request: str) -> list[dict[str, Any]]:
        async with runtime.program(LEGACY) as agent:
            return [said(await called(agent, "use_approval", request=request, **call)) for _ in range(2)]

    bob = runtime.meanwhile(call["arguments"]["account"])
    request = asyncio.run(asked())
    bob.join(60)
    runtime.between.held = "/consume"
    try:
        first = subprocess.Popen(
            [sys.executable, "-m", "bot", "mcp"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **runtime.environ()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert first.stdin is not None
        asks = {"name": "use_approval", "arguments": {"request": request, **call}}
        for line in (*HANDSHAKE, {"id": 2, "method": "tools/call", "params": asks}):
            first.stdin.write(json.dumps({"jsonrpc": "2.0", **line}) + "\n")
        first.stdin.flush()
        assert runtime.between.holds.wait(60)
        first.kill()
        first.communicate(timeout=60)
    finally:
        runtime.between.held = ""
    assert runtime.uses(request) == 1

    again, more = asyncio.run(claimed(request))

    assert again["outcome"] == more["outcome"] == "claimed"
    assert again["receipt"] == more["receipt"]
    assert runtime.uses(request) == 1


def test_answers_that_are_lost_after_they_were_given_change_nothing(runtime: Runtime) -> None:
    call = wanted()

    async def played() -> tuple[dict[str, Any], dict[str, Any]]:
        async with runtime.program(MODERN) as agent:
            runtime.between.break_next("/v1/requests")
            asked = said(await called(agent, "ask_approval", **call))
            runtime.between.break_next("/consume")
            return asked, said(await called(agent, "use_approval", request=asked["request"], **call))

    before = runtime.known()
    bob = runtime.meanwhile(call["arguments"]["account"])
    asked, claimed = asyncio.run(played())
    bob.join(60)

    assert claimed["outcome"] == "claimed"
    assert runtime.uses(asked["request"]) == 1
    assert runtime.known() - before == {asked["request"]}


@pytest.fixture(scope="module")
def front(runtime: Runtime) -> Iterator[Front]:
    made = Front(runtime)
    yield made
    made.stop()


def test_a_task_over_http_outlives_the_server_and_is_one_person_s(runtime: Runtime, front: Front) -> None:
    call = wanted()

    async def asked() -> str:
        async with over_http(front.url, runtime.token("alice"), tasks=True) as agent:
            task = await called(agent, "ask_approval", **call)
            assert isinstance(task, Task)
            waiting = await about_task(agent, "tasks/get", task.task_id)
            assert waiting["status"] == "working"
            return task.task_id

    async def theirs(task: str) -> int:
        async with over_http(front.url, runtime.token("dan"), tasks=True) as agent:
            try:
                await about_task(agent, "tasks/cancel", task)
            except MCPError as error:
                return error.code
            return 0

    async def done(task: str) -> tuple[dict[str, Any], dict[str, Any]]:
        async with over_http(front.url, runtime.token("alice"), tasks=True) as agent:
            found = await about_task(agent, "tasks/get", task)
            return found, said(await called(agent, "use_approval", request=task, **call))

    task = asyncio.run(asked())
    assert asyncio.run(theirs(task)) == -32602
    assert runtime.approve(call["arguments"]["account"]) == task
    front.stop()
    front.start()
    found, claimed = asyncio.run(done(task))

    assert found["result"]["structuredContent"]["outcome"] == "approved"
    assert claimed["outcome"] == "claimed"


def test_an_older_client_over_http_asks_and_claims(runtime: Runtime, front: Front) -> None:
    call = wanted()

    async def played() -> dict[str, Any]:
        async with over_http(front.url, runtime.token("alice"), LEGACY) as agent:
            asked = said(await called(agent, "ask_approval", **call))
            return said(await called(agent, "use_approval", request=asked["request"], **call))

    bob = runtime.meanwhile(call["arguments"]["account"])
    claimed = asyncio.run(played())
    bob.join(60)

    assert claimed["outcome"] == "claimed"


def test_what_the_environment_lacks_is_said(tmp_path: Path) -> None:
    done = process("mcp", env={}, folder=tmp_path)
    _, complaint = done.communicate(timeout=60)

    assert done.returncode == 2
    assert "COUNTERSIGN_API_URL is not set" in complaint
