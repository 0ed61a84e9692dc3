"""What is known passes as it came, and nothing else does; a gated tool runs by no way round."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import METHOD_NOT_FOUND, CallToolResult, Request, Result
from pydantic import ConfigDict

from countersign_client.mcp.proxy.gates import Gate
from tests.countersign_client.mcp.proxy.proxied import GENERATIONS, Proxied, proxied


class Anything(Result):
    model_config = ConfigDict(extra="allow")


def told(result: Any) -> str:
    return str(result.content[0].text)


def trying(tmp_path: Path, generation: str, *options: str, **more: Any) -> Callable[..., None]:
    """Run what a test does with a client of this generation before a proxy."""

    def run(does: Callable[[Client, Proxied], Awaitable[None]]) -> None:
        async def main() -> None:
            async with proxied(tmp_path, *options, **more) as proxy, proxy.client(generation) as client:
                await does(client, proxy)

        asyncio.run(main())

    return run


async def asked(client: Client, method: str, params: dict[str, Any]) -> Any:
    """What comes of any method with any parameters, as they are."""
    request = Request[Any, Any](method=method, params=params)
    return await client.session.send_request(request, Anything)


DENIED = (
    "tools/run",
    "tools/Call",
    "tools/call ",
    "logging/setLevel",
    "resources/subscribe",
    "subscriptions/listen",
    "tasks/list",
    "tasks/result",
    "sampling/createMessage",
    "environment",
    "",
)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_method_that_is_not_known_is_denied(tmp_path: Path, generation: str) -> None:
    @trying(tmp_path, generation)
    async def _(client: Client, proxy: Proxied) -> None:
        for method in DENIED:
            with pytest.raises(MCPError) as caught:
                await asked(client, method, {"name": "remove", "arguments": {}})
            assert caught.value.code == METHOD_NOT_FOUND, method

        assert proxy.ran() == []


@pytest.mark.parametrize("generation", GENERATIONS)
def test_an_agent_that_never_asks_runs_none_of_a_thousand_gated_calls(tmp_path: Path, generation: str) -> None:
    @trying(tmp_path, generation, "many")
    async def _(client: Client, proxy: Proxied) -> None:
        chance = random.Random(7)
        for number in range(1000):
            name = f"remove_{number}"
            spelt = chance.choice(
                [name, name.upper(), f" {name}", f"{name}\u200b", name.replace("_", "\uff3f"), "Remove"]
            )
            try:
                result = await client.session.call_tool(spelt, {"n": number})
            except MCPError:
                continue
            assert isinstance(result, CallToolResult)
            assert result.is_error

        assert proxy.ran() == []


SPELLINGS = {
    "remove": "held by remove",
    "Remove": "held by nobody",
    "REMOVE": "lists no tool",
    "remove ": "lists no tool",
    "re\u200bmove": "lists no tool",
    "\uff52emove": "lists no tool",
    "": "lists no tool",
    "unheard": "lists no tool",
}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_gated_name_however_it_is_spelt_runs_nothing(tmp_path: Path, generation: str) -> None:
    @trying(tmp_path, generation)
    async def _(client: Client, proxy: Proxied) -> None:
        for name, why in SPELLINGS.items():
            try:
                said = told(await client.session.call_tool(name, {}))
            except MCPError as error:
                said = str(error)
            assert why in said, name

        assert proxy.ran() == []


def test_a_name_that_is_listed_twice_is_called_by_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    @trying(tmp_path, "legacy", "twice")
    async def _(client: Client, proxy: Proxied) -> None:
        for name in ("remove", "echo"):
            with pytest.raises(MCPError, match="more than once"):
                await client.session.call_tool(name, {})

        assert proxy.ran() == []
        assert not (await client.session.call_tool("slow", {"seconds": 0})).is_error

    assert "lists the tool 'echo' more than once" in caplog.text


@pytest.mark.parametrize(
    "gates", [(), (Gate(action="a", server="other", name="*"),)], ids=["no gate at all", "another server's"]
)
def test_where_policy_gates_nothing_of_this_server_no_tool_is_called(
    tmp_path: Path, gates: tuple[Gate, ...]
) -> None:
    @trying(tmp_path, "legacy", gates=gates)
    async def _(client: Client, proxy: Proxied) -> None:
        result = await client.session.call_tool("echo", {})

        assert "gates no tool of a server called crm" in told(result)
        assert proxy.ran() == []


UNKNOWN: tuple[dict[str, Any], ...] = (
    {"name": "echo", "arguments": {}, "task": {"ttl": 1}},
    {"name": "echo", "arguments": {}, "Name": "remove"},
    {"name": "echo", "arguments": [1]},
    {"name": ["echo"], "arguments": {}},
    {"name": "a" + "\u0315\u0300" * 250_000, "arguments": {}},
    {"arguments": {}},
)


def test_a_call_that_is_no_call_is_refused(tmp_path: Path) -> None:
    @trying(tmp_path, "legacy")
    async def _(client: Client, proxy: Proxied) -> None:
        for params in UNKNOWN:
            with pytest.raises((MCPError, ValueError)):
                await client.session._dispatcher.send_raw_request("tools/call", params)

        assert proxy.ran() == []


@pytest.mark.parametrize("upstream", [(), ("modern",), ("noisy",)])
@pytest.mark.parametrize("generation", GENERATIONS)
def test_what_is_not_gated_passes_as_it_came(tmp_path: Path, generation: str, upstream: tuple[str, ...]) -> None:
    arguments = {"big": 2**70, "one": 1.0, "deep": [{"ü": None}], "remove": True}

    @trying(tmp_path, generation, *upstream)
    async def _(client: Client, proxy: Proxied) -> None:
        result = await asked(client, "tools/call", {"name": "echo", "arguments": arguments})

        assert result.structuredContent == arguments
        assert result.own == [1.0]
        [(name, given, _)] = proxy.ran()
        assert (name, given) == ("echo", arguments)


@pytest.mark.parametrize("upstream", [(), ("modern",)])
@pytest.mark.parametrize("generation", GENERATIONS)
def test_lists_are_one_persons_and_kept_for_a_minute_at_most(
    tmp_path: Path, generation: str, upstream: tuple[str, ...]
) -> None:
    @trying(tmp_path, generation, *upstream)
    async def _(client: Client, proxy: Proxied) -> None:
        listed = await asked(client, "tools/list", {})

        assert [each["name"] for each in listed.tools][:2] == ["echo", "remove"]
        if generation == "legacy":
            assert not hasattr(listed, "cacheScope")
        else:
            assert (listed.cacheScope, listed.ttlMs) == ("private", 60_000 if upstream else 0)


def test_other_methods_that_are_known_pass_with_their_parameters(tmp_path: Path) -> None:
    @trying(tmp_path, "legacy")
    async def _(client: Client, proxy: Proxied) -> None:
        for method in ("prompts/get", "completion/complete", "resources/read", "prompts/list"):
            result = await client.session._dispatcher.send_raw_request(
                method, {"name": "remove", "uri": "file:///x"}
            )
            assert result == {"asked": method, "params": {"name": "remove", "uri": "file:///x"}}

        assert proxy.ran() == []


def test_an_error_of_the_upstream_is_the_clients_as_it_came(tmp_path: Path) -> None:
    @trying(tmp_path, "legacy")
    async def _(client: Client, proxy: Proxied) -> None:
        with pytest.raises(MCPError) as caught:
            await client.session.call_tool("fails", {})

        assert (caught.value.code, str(caught.value), caught.value.error.data) == (-32050, "no luck", {"n": 1})


def test_progress_reaches_who_asked_for_it(tmp_path: Path) -> None:
    steps: list[float] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        steps.append(progress)

    @trying(tmp_path, "legacy")
    async def _(client: Client, proxy: Proxied) -> None:
        await client.session.call_tool("slow", {"seconds": 0.05}, progress_callback=heard)

        assert steps == [0, 1]


def test_the_proxy_introduces_itself_as_its_upstream_does(tmp_path: Path) -> None:
    @trying(tmp_path, "legacy")
    async def _(client: Client, proxy: Proxied) -> None:
        offered = client.session.server_capabilities

        assert client.session.server_info is not None
        assert client.session.server_info.name == "bad"
        assert offered is not None
        assert offered.tools is not None
        assert offered.prompts is not None
        assert offered.resources is None
        assert offered.logging is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("huge", "more than 4 MiB"),
        ("double", 'member "isError" stands twice'),
        ("nan", "NaN is no number"),
        ("silent", "did not answer within 0.3 seconds"),
        ("drip", "did not answer within 0.3 seconds"),
        ("die", "ended before it answered"),
    ],
)
def test_a_bad_answer_is_named_to_the_agent_and_the_operator_and_others_go_on(
    tmp_path: Path, name: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    @trying(tmp_path, "legacy", timeout=0.3 if why.endswith("seconds") else 20.0)
    async def _(client: Client, proxy: Proxied) -> None:
        beside = asyncio.create_task(client.session.call_tool("echo", {"secret": "kept"}))
        result = await client.session.call_tool(name, {"secret": "kept"})

        assert result.is_error
        assert why in told(result)
        await beside
        if name != "drip":  # which writes for ever and reads nothing more
            assert not (await client.session.call_tool("echo", {})).is_error

    assert why in caplog.text
    assert "kept" not in caplog.text
