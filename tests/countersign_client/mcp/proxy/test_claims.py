"""Between the claim and the run: a tool that changes, an answer that gets lost, an end, another proxy."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from countersign_client.applications import errors
from countersign_client.applications.toolcalls import ToolCall
from countersign_client.mcp.proxy.gates import Gate
from countersign_client.mcp.proxy.journal import Journal, name_of
from tests.countersign_client.mcp.desk import ALICE, Desk, Proof
from tests.countersign_client.mcp.proxy.proxied import AGENT, GENERATIONS, Proxied
from tests.countersign_client.mcp.proxy.test_held import META, told, trying

REMOVE = (Gate(action="crm", server="crm", name="remove"),)
ARGUMENTS = {"id": "4711"}


class Broken(Desk):
    """Refuses every claim that would count, by this word."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code

    async def consume_tool(self, request: str, call: ToolCall, *, idempotency_key: str = "") -> Proof:
        await super().consume_tool(request, call, idempotency_key=idempotency_key)
        if self.code:
            raise errors.Refused("No.", code=self.code, request_id=request)
        return await super().consume_tool(request, call, idempotency_key=idempotency_key)


def names(proxy: Proxied) -> list[str]:
    return [name for name, _, _ in proxy.ran()]


def named(call: ToolCall) -> str:
    """The name of Alice's call in the journal."""
    said = {"agent": AGENT, "server": call.server, "tool": call.name, "arguments": call.text}
    return name_of(ALICE, said)


async def asked(client: Client, desk: Desk, name: str = "remove", arguments: dict[str, Any] = ARGUMENTS) -> str:
    """Call a tool, and have it approved."""
    await client.session.call_tool(name, arguments)
    return desk.decide("approved")


# --- a tool that changes while it is claimed


@pytest.mark.parametrize("upstream", [("silently",), ("silently", "modern")])
def test_a_tool_that_changes_while_it_is_claimed_is_not_sent(tmp_path: Path, upstream: tuple[str, ...]) -> None:
    @trying(tmp_path, "legacy", *upstream, gates=REMOVE)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        async def change() -> None:
            desk.meanwhile = None
            await proxy.upstream.request("tools/call", {"name": "change", "arguments": {}}, capabilities={})

        request = await asked(client, desk)
        desk.meanwhile = change
        result = await client.session.call_tool("remove", ARGUMENTS)
        again = await client.session.call_tool("remove", ARGUMENTS)

        assert result.is_error
        assert "has changed what remove is" in told(result)
        assert "claimed and not sent" in told(result)
        assert desk.requests[request].state == "used"
        assert "waits for people" in told(again)
        assert len(desk.requests) == 2
        assert names(proxy) == ["change"]


def test_an_upstream_that_ends_while_it_is_claimed_gets_nothing(tmp_path: Path) -> None:
    @trying(tmp_path, gates=REMOVE)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        request = await asked(client, desk)
        desk.meanwhile = lambda: client.session.call_tool("die", {})
        result = await client.session.call_tool("remove", ARGUMENTS)

        # It was started again for the look after the claim, and is the same tool as before.
        assert not result.is_error
        assert desk.requests[request].state == "used"
        assert names(proxy) == ["die", "remove"]


# --- a claim whose answer is lost


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("lost", [1, 3])
def test_a_claim_whose_answer_was_lost_runs_once_when_the_call_comes_again(
    tmp_path: Path, generation: str, lost: int
) -> None:
    @trying(tmp_path, generation)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        request = await asked(client, desk)
        desk.meanwhile = lambda: lose(desk, lost)
        results = [await client.session.call_tool("remove", ARGUMENTS) for _ in range(lost)]
        nothing = names(proxy)
        desk.meanwhile, desk.lost = None, 0
        done = await client.session.call_tool("remove", ARGUMENTS)

        assert all(each.is_error and "again with the same arguments" in told(each) for each in results)
        assert nothing == []
        assert not done.is_error
        assert list(desk.requests) == [request]
        assert names(proxy) == ["remove"]


async def lose(desk: Desk, answers: int) -> None:
    desk.lost = answers


def test_after_a_restart_too(tmp_path: Path) -> None:
    desk = Desk()

    @trying(tmp_path, desk=desk)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        await asked(client, desk)
        desk.meanwhile = lambda: lose(desk, 1)
        await client.session.call_tool("remove", ARGUMENTS)
        desk.meanwhile = None

    @trying(tmp_path, "2026-07-28", desk=desk)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        results = [await client.session.call_tool("remove", ARGUMENTS) for _ in range(2)]

        assert not results[0].is_error
        assert "waits for people" in told(results[1]) or "used before" in told(results[1])
        assert names(proxy) == ["remove"]


def test_a_task_whose_proxy_was_killed_after_its_claim_is_completed_after_a_restart(tmp_path: Path) -> None:
    desk, tasks = Desk(), list[str]()

    @trying(tmp_path, "2026-07-28", desk=desk)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        raw = client.session._dispatcher.send_raw_request
        called = await raw("tools/call", {"name": "remove", "arguments": ARGUMENTS, "_meta": META})
        tasks.append(called["taskId"])
        desk.decide("approved")
        call = desk.calls[tasks[0]]
        claim = Journal(tmp_path / "state").begin(named(call), tasks[0])
        assert claim is not None
        await desk.consume_tool(tasks[0], call, idempotency_key=claim.key)

    @trying(tmp_path, "2026-07-28", desk=desk)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        raw = client.session._dispatcher.send_raw_request
        done = await raw("tasks/get", {"taskId": tasks[0], "_meta": META})

        assert done["result"]["structuredContent"] == ARGUMENTS
        assert names(proxy) == ["remove"]


def test_a_refusal_that_says_nothing_of_the_claim_leaves_it_to_the_next_call(tmp_path: Path) -> None:
    desk = Broken("pace")

    @trying(tmp_path, desk=desk)
    async def _(client: Client, proxy: Proxied, _: Desk) -> None:
        request = await asked(client, desk)
        first = await client.session.call_tool("remove", ARGUMENTS)
        desk.code = ""
        done = await client.session.call_tool("remove", ARGUMENTS)

        assert "Nothing has run" in told(first)
        assert not done.is_error
        assert list(desk.requests) == [request]
        assert names(proxy) == ["remove"]


@pytest.mark.parametrize(
    ("state", "said"),
    [("used", "claimed before"), ("expired", "waits for people"), ("lapsed", "waits for people")],
)
def test_a_claim_that_was_begun_and_can_never_be_had_is_told_or_asked_for_anew(
    tmp_path: Path, state: str, said: str
) -> None:
    @trying(tmp_path)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        request = await asked(client, desk)
        assert Journal(tmp_path / "state").begin(named(desk.calls[request]), request)  # a proxy that was killed
        desk.decide(state, request)
        desk.uses[request] = "another proxy's"
        result = await client.session.call_tool("remove", ARGUMENTS)

        assert said in told(result)
        assert names(proxy) == []


# --- who has the key, and the disk


def test_a_claim_is_sent_by_one_of_those_who_have_its_key(tmp_path: Path) -> None:
    one, two = Journal(tmp_path), Journal(tmp_path)
    claim, same, other = one.begin("call", "r-1"), two.begin("call", "r-1"), two.begin("call", "r-2")

    assert claim is not None
    assert (claim, other) == (same, None)
    assert (one.sending("call", claim.key), two.sending("call", claim.key)) == (True, False)
    assert two.begin("call", "r-1") is None
    one.end("call", claim.key)
    assert not two.sending("call", claim.key)
    later = two.begin("call", "r-1")
    assert later is not None
    assert later.key != claim.key
    assert not one.sending("call", claim.key)


@pytest.mark.parametrize("claimed", [False, True])
def test_where_nothing_can_be_written_down_nothing_runs_and_that_is_said(tmp_path: Path, *, claimed: bool) -> None:
    @trying(tmp_path)
    async def _(client: Client, proxy: Proxied, desk: Desk) -> None:
        async def gone() -> None:
            shutil.rmtree(tmp_path / "state")

        request = await asked(client, desk)
        if claimed:
            desk.meanwhile = gone
        else:
            await gone()
        result = await client.session.call_tool("remove", ARGUMENTS)

        assert "nothing runs that cannot be written down here" in told(result)
        assert desk.requests[request].state == ("used" if claimed else "approved")
        assert names(proxy) == []
