"""An agent asks a running service by `countersign mcp`, and people decide in chat."""

import asyncio
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from countersign_client.call_tokens import SigningKey, new_key, private_jwk
from countersign_client.keys import read_keys
from countersign_client.receipts import verify
from tests.bot.commands import ROOT, process
from tests.support.mcp_clients import (
    GENERATIONS,
    LEGACY,
    MODERN,
    Task,
    about_task,
    called,
    client,
    over_http,
)
from tests.support.payments import ISSUER
from tests.support.relay import Relay, relay
from tests.support.running import POLICY, Running, running
from tests.support.servers import free_port
from tests.support.shown import words

REQUEST = re.compile(r"r-[0-9a-z]{10}")
AUDIENCE = "assistant"

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


def policy(issuer: str, key: SigningKey) -> str:
    return f"""{POLICY}
issuers:
  - {{id: shop, issuer: {issuer}, domains: [example.com]}}
applications:
  - id: assistant
    title: Coding assistant
    agent: true
    keys: [{json.dumps(key.public())}]
    brings: [{{issuer: shop, audience: {AUDIENCE}}}]
actions:
  - id: crm-delete
    application: assistant
    title: Delete an account in the CRM
    tool: {{server: crm, name: "delete_*"}}
    requesters: ["domain:example.com"]
    approval:
      - {{approvers: ["user:bob@example.com", "user:carol@example.com"], needed: 1}}
"""


class Runtime:
    """Where an agent runs: its key, its people's tokens, and a relay before the service."""

    def __init__(self, office: Running, key: SigningKey, between: Relay) -> None:
        self.office, self.between = office, between
        self.folder = office.folder
        (self.folder / "assistant.jwk").write_text(json.dumps(private_jwk(key)))

    def token(self, who: str = "alice") -> str:
        person = self.office.box.slack.state.person(who)
        return self.office.box.oidc.issuer.id_token(person, client=AUDIENCE)

    def environ(self, who: str = "alice") -> dict[str, str]:
        """What one person's program is told."""
        token = self.folder / f"{who}.token"
        token.write_text(self.token(who))
        return self.own() | {"COUNTERSIGN_ON_BEHALF_TOKEN": str(token)}

    def own(self) -> dict[str, str]:
        return {
            "COUNTERSIGN_API_URL": self.between.url,
            "COUNTERSIGN_APP_ID": "assistant",
            "COUNTERSIGN_APP_KEY": str(self.folder / "assistant.jwk"),
        }

    def program(self, mode: str, *, who: str = "alice", tasks: bool = False) -> Client:
        """A client that starts `countersign mcp` for one person."""
        started = StdioServerParameters(
            command=sys.executable,
            args=["-m", "bot", "mcp"],
            env={"PATH": os.environ["PATH"], **self.environ(who)},
            cwd=ROOT,
        )
        return client(started, mode, tasks=tasks)

    def approve(self, account: str, button: str = "approve") -> str:
        """Wait for the card about an account, and press Bob's button."""

        def filed() -> list[str]:
            seen = [words(each) for each in self.office.box.slack.messages("#access")]
            return [found[0] for text in seen if account in text and (found := REQUEST.search(text))]

        request = self.office.until(filed)[0]
        outcome = self.office.press("bob", button, request)
        assert outcome.ok, outcome
        return request

    def meanwhile(self, account: str) -> threading.Thread:
        """Bob, who approves as soon as he sees the card."""
        thread = threading.Thread(target=self.approve, args=(account,), daemon=True)
        thread.start()
        return thread

    def known(self) -> set[str]:
        """Every request that people were told of."""
        return {each for m in self.office.box.slack.messages("#access") for each in REQUEST.findall(words(m))}

    def uses(self, request: str) -> int:
        """How often a request was used, by its chain."""
        entries = self.office.service.store.entries(request)
        return [each.action for each in entries].count("request.used")


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


class Front:
    """`countersign mcp --http`, as a process that can be stopped and started."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/mcp"
        self.start()

    def start(self) -> None:
        environ = self._runtime.own() | {
            "COUNTERSIGN_MCP_URL": "https://agents.example.com/mcp",
            "COUNTERSIGN_MCP_ISSUER": self._runtime.office.box.oidc_url,
        }
        self._process = process("mcp", "--http", str(self._port), env=environ)
        self._runtime.office.until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def stop(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=60)


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
