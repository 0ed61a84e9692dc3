"""A task that its client cancels: in each state, nothing begins afterwards, and what runs is told."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from countersign_client.applications import errors
from countersign_client.applications.answers import Asked
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.proxy.proxied import Proxied, proxied
from tests.countersign_client.mcp.proxy.test_claims import lose, names
from tests.countersign_client.mcp.proxy.test_ends import MODERN, of
from tests.countersign_client.mcp.proxy.test_held import EVERYTHING, META, trying
from tests.countersign_client.mcp.proxy.test_results_of_tasks import ARGUMENTS, approved, raw, text


async def cancel(connected: Client, task: str) -> None:
    await raw(connected)("tasks/cancel", {"taskId": task, "_meta": META})


def test_an_approved_task_that_is_cancelled_runs_nothing_and_the_same_call_may(tmp_path: Path) -> None:
    desk, tasks = Desk(), list[str]()

    async def looked(connected: Client, proxy: Proxied) -> None:
        found = await of(connected, tasks[0])
        assert (found["status"], "result" in found) == ("cancelled", False)
        assert "nothing runs by this task" in found["statusMessage"]
        assert proxy.ran() == []

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, proxy: Proxied, _: Desk) -> None:
        task = (await approved(connected, desk))[0]
        tasks.append(task)
        await cancel(connected, task)
        await looked(connected, proxy)

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, proxy: Proxied, _: Desk) -> None:
        await looked(connected, proxy)
        result = await connected.session.call_tool("remove", ARGUMENTS)
        after = await of(connected, tasks[0])

        assert not result.is_error
        assert after["status"] == "cancelled"
        assert "Look first what it did" in after["statusMessage"]
        assert names(proxy) == ["remove"]


class Deciding(Desk):
    """Somebody approves what is withdrawn in that very moment."""

    async def withdraw(self, request: str, **_: Any) -> Asked:
        self.decide("approved", request)
        raise errors.Refused("It is decided", code="settled", request_id=request)


def test_what_is_approved_in_the_moment_in_which_it_is_cancelled_runs_nothing(tmp_path: Path) -> None:
    @trying(tmp_path, MODERN, desk=Deciding())
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        made = await raw(connected)("tools/call", {"name": "remove", "arguments": ARGUMENTS, "_meta": META})
        await cancel(connected, made["taskId"])

        assert desk.requests[made["taskId"]].state == "approved"
        assert (await of(connected, made["taskId"]))["status"] == "cancelled"
        assert proxy.ran() == []


@pytest.mark.parametrize(
    "error",
    [errors.Unreachable("No answer"), errors.Refused("Too many calls", code="pace")],
    ids=["lost", "refused"],
)
def test_a_cancellation_that_came_to_nothing_is_no_success(tmp_path: Path, error: errors.NotAllowed) -> None:
    class Failing(Desk):
        async def withdraw(self, request: str, **_: Any) -> Asked:
            raise error

    @trying(tmp_path, MODERN, desk=Failing())
    async def _(connected: Client, _: Proxied, desk: Desk) -> None:
        made = await raw(connected)("tools/call", {"name": "remove", "arguments": ARGUMENTS, "_meta": META})
        with pytest.raises(MCPError, match=f"cancel it again.*{error.reason}"):
            await cancel(connected, made["taskId"])
        assert desk.requests[made["taskId"]].state == "pending"


@pytest.mark.parametrize("unread", [False, True])
def test_a_cancellation_that_cannot_be_written_down_is_none(tmp_path: Path, *, unread: bool) -> None:
    """Whoever was told that nothing runs by a task can rely on it after a restart too."""
    desk, tasks = Desk(), list[str]()

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, _: Proxied, __: Desk) -> None:
        task, get = await approved(connected, desk)
        tasks.append(task)
        (tmp_path / "state" / "ended").rmdir()
        if unread:
            (tmp_path / "state" / "ended").touch()
        with pytest.raises(MCPError, match="cannot be written down here"):
            await cancel(connected, task)
        with pytest.raises(MCPError, match="cannot be written down here"):
            await cancel(connected, task)
        (tmp_path / "state" / "ended").unlink(missing_ok=True)
        (tmp_path / "state" / "ended").mkdir()
        await cancel(connected, task)
        assert (await get(task))["status"] == "cancelled"

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, proxy: Proxied, _: Desk) -> None:
        assert (await of(connected, tasks[0]))["status"] == "cancelled"
        assert proxy.ran() == []


def test_a_task_whose_claim_lost_its_answer_and_that_is_cancelled_runs_nothing(tmp_path: Path) -> None:
    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        task, get = await approved(connected, desk)
        desk.meanwhile = lambda: lose(desk, 1)
        await get(task)
        desk.meanwhile = None
        await cancel(connected, task)

        assert (await get(task))["status"] == "cancelled"
        assert proxy.ran() == []


@pytest.mark.parametrize("restarted", [False, True])
def test_what_is_cancelled_while_it_is_claimed_once_more_is_not_sent(tmp_path: Path, *, restarted: bool) -> None:
    desk, tasks = Desk(), list[str]()

    async def loses(connected: Client, _: Proxied, __: Desk) -> None:
        task, get = await approved(connected, desk)
        tasks.append(task)
        desk.meanwhile = lambda: lose(desk, 1)
        assert (await get(task))["status"] == "working"

    async def cancels(connected: Client, proxy: Proxied, _: Desk) -> None:
        desk.meanwhile = lambda: cancel(connected, tasks[0])
        stopped = await of(connected, tasks[0])
        desk.meanwhile = None
        before = proxy.ran()
        result = await connected.session.call_tool("remove", ARGUMENTS)

        assert stopped["status"] == "cancelled"
        assert before == []
        assert not result.is_error
        assert names(proxy) == ["remove"]
        assert list(desk.requests) == tasks

    async def both(connected: Client, proxy: Proxied, _: Desk) -> None:
        await loses(connected, proxy, desk)
        await cancels(connected, proxy, desk)

    for does in (loses, cancels) if restarted else (both,):
        trying(tmp_path, MODERN, desk=desk)(does)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_is_cancelled_while_it_is_claimed_is_not_sent(tmp_path: Path, *, elsewhere: bool) -> None:
    """Also where another proxy that shares the folder is told so. What was claimed is for the same call."""
    desk = Desk()

    async def main() -> None:
        async with (
            proxied(tmp_path, desk=desk, gates=EVERYTHING) as one,
            proxied(tmp_path, desk=desk, gates=EVERYTHING) as two,
            one.client(MODERN) as first,
            two.client(MODERN) as second,
        ):
            task, get = await approved(first, desk)
            desk.meanwhile = lambda: cancel(second if elsewhere else first, task)
            stopped = await get(task)
            desk.meanwhile = None
            before = one.ran()
            again = await get(task)
            result = await first.session.call_tool("remove", ARGUMENTS)

            assert (stopped["status"], again["status"]) == ("cancelled", "cancelled")
            assert before == []
            assert not result.is_error
            assert names(one) == ["remove"]
            assert list(desk.requests) == [task]

    asyncio.run(main())


@pytest.mark.parametrize("during", [True, False])
def test_what_was_sent_before_it_was_cancelled_is_told_as_it_came(tmp_path: Path, *, during: bool) -> None:
    slow = {"seconds": 0.5}

    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        made = await raw(connected)("tools/call", {"name": "slow", "arguments": slow, "_meta": META})
        task = desk.decide("approved")
        assert made["taskId"] == task
        getting = asyncio.create_task(of(connected, task))
        while not proxy.ran():
            await asyncio.sleep(0.01)
        if not during:
            await getting
        await cancel(connected, task)
        done = await getting

        assert done["result"]["structuredContent"] == slow
        assert await of(connected, task) == done
        assert names(proxy) == ["slow"]


def test_while_another_proxy_has_a_task_under_way_it_works_here_too(tmp_path: Path) -> None:
    desk, slow = Desk(), {"seconds": 3}

    async def main() -> None:
        async with (
            proxied(tmp_path, desk=desk, gates=EVERYTHING) as one,
            proxied(tmp_path, desk=desk, gates=EVERYTHING) as two,
            one.client(MODERN) as first,
            two.client(MODERN) as second,
        ):
            await raw(first)("tools/call", {"name": "slow", "arguments": slow, "_meta": META})
            task = desk.decide("approved")
            getting = asyncio.create_task(of(first, task))
            while not one.ran():
                await asyncio.sleep(0.01)
            meanwhile = await of(second, task)
            done = await getting
            while (after := await of(second, task))["status"] == "working":
                await asyncio.sleep(0.05)

            assert meanwhile["status"] == "working"
            assert "another proxy on this machine has made this very call" in meanwhile["statusMessage"]
            assert done["result"]["structuredContent"] == slow
            assert "its call was made, and answered" in text(after)
            assert names(one) == ["slow"]

    asyncio.run(main())
