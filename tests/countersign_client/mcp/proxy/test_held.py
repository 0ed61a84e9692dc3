"""A gated call runs once somebody approved exactly it, and never twice; what cannot be known is said."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from countersign_client.mcp.proxy.gates import Gate
from countersign_client.mcp.proxy.messages import RECEIPT
from countersign_client.mcp.tasks import EXTENSION
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.proxy.proxied import GENERATIONS, Proxied, proxied

EVERYTHING = (Gate(action="crm", server="crm", name="*"),)
ARGUMENTS: dict[str, Any] = {"id": "4711", "cascade": True, "amount": 1.0, "deep": [{"ü": None}]}

OWN: Any = {"own": "kept to themselves"}

Does = Callable[[Client, Proxied, Desk], Awaitable[None]]


def told(result: Any) -> str:
    return str(result.content[0].text)


def trying(
    tmp_path: Path, generation: str = "legacy", *options: str, desk: Desk | None = None, **more: Any
) -> Callable[[Does], None]:
    """Run what a test does with a client of this generation before a proxy at a desk."""
    at = desk or Desk()

    def run(does: Does) -> None:
        async def main() -> None:
            async with (
                proxied(tmp_path, *options, desk=at, **({"gates": EVERYTHING} | more)) as proxy,
                proxy.client(generation) as client,
            ):
                await does(client, proxy, at)

        asyncio.run(main())

    return run


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_call_that_nobody_approved_runs_nothing_and_says_how_to_go_on(tmp_path: Path, generation: str) -> None:
    @trying(tmp_path, generation)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        results = [await client.session.call_tool("remove", ARGUMENTS) for _ in range(3)]

        assert all(each.is_error and "again with the same arguments" in told(each) for each in results)
        assert len(desk.requests) == 1
        assert proxy.ran() == []


@pytest.mark.parametrize("upstream", [(), ("modern",)])
@pytest.mark.parametrize("generation", GENERATIONS)
def test_what_was_approved_runs_once_as_it_was_approved(
    tmp_path: Path, generation: str, upstream: tuple[str, ...]
) -> None:
    @trying(tmp_path, generation, *upstream)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await client.session.call_tool("remove", ARGUMENTS)
        request = desk.decide("approved")
        result = await client.session.call_tool("remove", ARGUMENTS, meta=OWN)
        again = await client.session.call_tool("remove", ARGUMENTS)

        assert not result.is_error
        assert result.meta is not None
        assert result.meta[RECEIPT].startswith(f"receipt of {request}")
        assert again.is_error
        [(name, given, meta)] = proxy.ran()
        assert (name, given) == ("remove", ARGUMENTS)
        assert "own" not in (meta or {})


@pytest.mark.parametrize("state", ["denied", "expired", "withdrawn"])
def test_what_was_not_approved_never_runs(tmp_path: Path, state: str) -> None:
    @trying(tmp_path)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await client.session.call_tool("remove", ARGUMENTS)
        desk.decide(state)

        assert (await client.session.call_tool("remove", ARGUMENTS)).is_error
        assert proxy.ran() == []


def test_one_changed_argument_is_another_call(tmp_path: Path) -> None:
    @trying(tmp_path)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await client.session.call_tool("remove", {"id": "4711"})
        desk.decide("approved")
        for other in ({"id": "4712"}, {"id": "4711", "all": True}, {"id": 4711}, {}, {"ID": "4711"}):
            assert (await client.session.call_tool("remove", other)).is_error
        assert (await client.session.call_tool("echo", {"id": "4711"})).is_error

        assert proxy.ran() == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"a": {"b": [0, 2**53]}}, "arguments.a.b[1] is a whole number of 2^53"),
        ({"a": -(2**53)}, "arguments.a is a whole number of 2^53"),
        ({"a": -0.0}, "arguments.a is minus zero"),
        ({"a": "\ud800"}, "arguments.a holds half of a character"),
        ({"\udfff": 1}, "a member whose name holds half of a character"),
        ({"a": "x" * 9_000}, "larger than 8,192 bytes"),
    ],
)
def test_arguments_that_nobody_could_be_shown_exactly_are_refused_by_name(
    tmp_path: Path, arguments: dict[str, Any], why: str
) -> None:
    @trying(tmp_path)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        result = await client.session._dispatcher.send_raw_request(
            "tools/call", {"name": "remove", "arguments": arguments}
        )

        assert result["isError"]
        assert why in result["content"][0]["text"]
        assert desk.requests == {}
        assert proxy.ran() == []


@pytest.mark.parametrize("member", ["inputResponses", "requestState"])
def test_what_no_approval_binds_is_refused(tmp_path: Path, member: str) -> None:
    @trying(tmp_path)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        with pytest.raises(MCPError, match=member):
            await client.session._dispatcher.send_raw_request("tools/call", {"name": "remove", member: "x"})

        assert desk.requests == {}
        assert proxy.ran() == []


def test_a_tool_that_changed_since_it_was_asked_for_is_asked_for_anew(tmp_path: Path) -> None:
    gates = (Gate(action="crm", server="crm", name="remove"),)

    @trying(tmp_path, gates=gates)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await client.session.call_tool("remove", {})
        desk.decide("approved")
        await client.session.call_tool("change", {})
        result = await client.session.call_tool("remove", {})

        assert result.is_error
        assert len(desk.requests) == 2
        assert [name for name, _, _ in proxy.ran()] == ["change"]


def test_a_tool_that_changes_without_a_word_does_not_run_either(tmp_path: Path) -> None:
    @trying(tmp_path, "legacy", "silently", gates=(Gate(action="crm", server="crm", name="remove"),))
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await client.session.call_tool("remove", {})
        request = desk.decide("approved")
        await client.session.call_tool("change", {})
        result = await client.session.call_tool("remove", {})

        assert "has changed what remove is" in told(result)
        assert desk.requests[request].state == "approved"
        assert [name for name, _, _ in proxy.ran()] == ["change"]


def test_two_who_race_for_one_approval_run_it_once(tmp_path: Path) -> None:
    @trying(tmp_path)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await client.session.call_tool("slow", {"seconds": 0.1})
        desk.decide("approved")
        async with proxy.client("2026-07-28") as other:
            calls = [each.session.call_tool("slow", {"seconds": 0.1}) for each in (client, other) * 4]
            results = await asyncio.gather(*calls)

        assert not any(each.is_error for each in results)
        assert len(proxy.ran()) == 1


@pytest.mark.parametrize(
    ("name", "why"), [("die", "ended before it answered"), ("silent", "did not answer"), ("huge", "4 MiB")]
)
def test_an_outcome_that_nobody_knows_is_told_and_not_repeated(tmp_path: Path, name: str, why: str) -> None:
    @trying(tmp_path, timeout=0.5 if name == "silent" else 20.0)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await client.session.call_tool(name, {})
        desk.decide("approved")
        result = await client.session.call_tool(name, {})
        again = await client.session.call_tool(name, {})

        assert why in told(result)
        assert "Whether it ran is not known" in told(result)
        assert "waits for people" in told(again)
        assert len(proxy.ran()) == 1


def test_who_left_while_it_ran_gets_its_answer_when_they_come_back(tmp_path: Path) -> None:
    @trying(tmp_path, "2026-07-28")
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await client.session.call_tool("slow", {"seconds": 0.3})
        desk.decide("approved")
        leaving = asyncio.create_task(client.session.call_tool("slow", {"seconds": 0.3}))
        while not proxy.ran():
            await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.wait([leaving])
        result = await client.session.call_tool("slow", {"seconds": 0.3})

        assert not result.is_error
        assert len(proxy.ran()) == 1


@pytest.mark.parametrize("generation", GENERATIONS)
def test_after_a_restart_a_call_that_was_used_says_so_once_and_is_then_asked_for_anew(
    tmp_path: Path, generation: str
) -> None:
    desk = Desk()

    @trying(tmp_path, desk=desk)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await client.session.call_tool("slow", {"seconds": 30})
        desk.decide("approved")
        leaving = asyncio.create_task(client.session.call_tool("slow", {"seconds": 30}))
        while not proxy.ran():
            await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.wait([leaving])

    @trying(tmp_path, generation, desk=desk)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        result = await client.session.call_tool("slow", {"seconds": 30})
        again = await client.session.call_tool("slow", {"seconds": 30})

        assert result.is_error
        assert "whether it ran is not known" in told(result)
        assert "waits for people" in told(again)
        assert len(proxy.ran()) == 1


META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {"extensions": {EXTENSION: {}}},
}


def test_who_knows_tasks_gets_one_and_fetches_the_result_later(tmp_path: Path) -> None:
    @trying(tmp_path, "2026-07-28")
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        raw = client.session._dispatcher.send_raw_request
        called = await raw("tools/call", {"name": "remove", "arguments": ARGUMENTS, "_meta": META})
        number = {"taskId": called["taskId"], "_meta": META}
        waiting = await raw("tasks/get", number)
        desk.decide("approved")
        done = [await raw("tasks/get", number) for _ in range(3)]

        assert called["resultType"] == "task"
        assert waiting["status"] == "working"
        assert [each["status"] for each in done] == ["completed"] * 3
        assert done[0]["result"]["structuredContent"] == ARGUMENTS
        assert len(proxy.ran()) == 1
        with pytest.raises(MCPError):
            await raw("tasks/get", {**number, "taskId": "r-9999999999"})


def test_a_task_that_was_used_before_a_restart_is_told_and_not_repeated(tmp_path: Path) -> None:
    desk, tasks = Desk(), list[str]()

    @trying(tmp_path, "2026-07-28", desk=desk)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        raw = client.session._dispatcher.send_raw_request
        called = await raw("tools/call", {"name": "slow", "arguments": {"seconds": 30}, "_meta": META})
        tasks.append(called["taskId"])
        desk.decide("approved")
        getting = asyncio.create_task(raw("tasks/get", {"taskId": tasks[0], "_meta": META}))
        while not proxy.ran():
            await asyncio.sleep(0.01)
        getting.cancel()
        await asyncio.wait([getting])

    @trying(tmp_path, "2026-07-28", desk=desk)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        raw = client.session._dispatcher.send_raw_request
        done = await raw("tasks/get", {"taskId": tasks[0], "_meta": META})

        assert "not known" in done["result"]["content"][0]["text"]
        assert len(proxy.ran()) == 1
