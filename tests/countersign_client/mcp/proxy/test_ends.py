"""A task that came to its end runs nothing after a restart, and says of its call what is known of it."""

import resource
import shutil
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from countersign_client.applications.answers import Asked
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.proxy.catalog import Catalog
from countersign_client.mcp.proxy.ends import Ends
from countersign_client.mcp.proxy.journal import Journal
from countersign_client.mcp.proxy.running import Running
from countersign_client.mcp.tasks import LASTING
from tests.countersign_client.mcp.desk import Desk
from tests.countersign_client.mcp.later import pass_
from tests.countersign_client.mcp.proxy.proxied import AGENT, Proxied
from tests.countersign_client.mcp.proxy.test_claims import REMOVE as GATES
from tests.countersign_client.mcp.proxy.test_claims import lose, named, names
from tests.countersign_client.mcp.proxy.test_held import META, told, trying
from tests.countersign_client.mcp.proxy.test_results_of_tasks import ARGUMENTS, approved, raw, text

MODERN = "2026-07-28"


async def of(connected: Client, task: str) -> dict[str, Any]:
    return dict(await raw(connected)("tasks/get", {"taskId": task, "_meta": META}))


def test_a_task_that_ended_without_a_run_runs_nothing_after_a_restart(tmp_path: Path) -> None:
    desk, tasks = Desk(), list[str]()

    @trying(tmp_path, MODERN, "silently", desk=desk, gates=GATES)
    async def _(connected: Client, proxy: Proxied, _: Desk) -> None:
        task, get = await approved(connected, desk)
        tasks.append(task)
        await proxy.upstream.request("tools/call", {"name": "change", "arguments": {}}, capabilities={})
        assert "has changed what remove is" in text(await get(task))

    @trying(tmp_path, MODERN, desk=desk, gates=GATES)
    async def _(connected: Client, proxy: Proxied, _: Desk) -> None:
        gone = text(await of(connected, tasks[0]))
        before = names(proxy)
        result = await connected.session.call_tool("remove", ARGUMENTS)

        assert "Nothing has run by this task" in gone
        assert "call again with the same arguments" in gone
        assert before == ["change"]
        assert not result.is_error
        assert names(proxy) == ["change", "remove"]


def test_a_task_that_was_answered_is_told_so_after_a_restart_and_nothing_runs_again(tmp_path: Path) -> None:
    desk, tasks = Desk(), list[str]()

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, _: Proxied, __: Desk) -> None:
        task, get = await approved(connected, desk)
        tasks.append(task)
        assert not (await get(task))["result"].get("isError")

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, proxy: Proxied, _: Desk) -> None:
        gone = [text(await of(connected, tasks[0])) for _ in range(2)]
        await pass_(LASTING)
        gone.append(text(await of(connected, tasks[0])))

        assert all("its call was made, and answered" in each for each in gone)
        assert all("Look first what it did" in each for each in gone)
        assert names(proxy) == ["remove"]


def test_a_task_that_failed_has_failed_after_a_restart_too(tmp_path: Path) -> None:
    desk, tasks = Desk(), list[str]()

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, _: Proxied, __: Desk) -> None:
        made = await raw(connected)("tools/call", {"name": "fails", "arguments": {}, "_meta": META})
        tasks.append(made["taskId"])
        desk.decide("approved")
        assert (await of(connected, tasks[0]))["error"]["message"] == "no luck"

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, proxy: Proxied, _: Desk) -> None:
        gone = await of(connected, tasks[0])

        assert gone["status"] == "failed"
        assert "Look first what it did" in gone["error"]["message"]
        assert names(proxy) == ["fails"]


def test_a_task_whose_claim_lost_its_answer_works_on_after_a_restart_and_runs_once(tmp_path: Path) -> None:
    desk, tasks = Desk(), list[str]()

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, _: Proxied, __: Desk) -> None:
        task, get = await approved(connected, desk)
        tasks.append(task)
        desk.meanwhile = lambda: lose(desk, 1)
        assert (await get(task))["status"] == "working"
        desk.meanwhile = None

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, proxy: Proxied, _: Desk) -> None:
        done = await of(connected, tasks[0])

        assert done["result"]["structuredContent"] == ARGUMENTS
        assert names(proxy) == ["remove"]


def test_what_another_agent_of_the_same_folder_has_ended_is_not_this_ones(tmp_path: Path) -> None:
    Ends(tmp_path, "another").put("r-1", "told")

    assert Ends(tmp_path, AGENT).of("r-1") is None
    assert Ends(tmp_path, "another").of("r-1") is not None


def test_an_end_that_cannot_be_written_down_counts_in_this_run(tmp_path: Path) -> None:
    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        task, get = await approved(connected, desk)
        shutil.rmtree(tmp_path / "state")
        first = text(await get(task))
        (tmp_path / "state").mkdir()
        await pass_(LASTING)
        gone = text(await get(task))

        assert "nothing runs that cannot be written down here" in first
        assert "Nothing has run by this task" in gone
        assert names(proxy) == []


def test_an_end_of_which_the_disk_takes_a_part_is_none_and_one_that_cannot_be_read_is_one(tmp_path: Path) -> None:
    ends = Ends(tmp_path, AGENT)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, usual[1]))
    try:
        ends.put("r-1", "answered")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert list(tmp_path.iterdir()) == []
    ends.put("r-2", "answered")
    [file] = tmp_path.iterdir()
    file.write_bytes(b"{")

    assert Ends(tmp_path, AGENT).of("r-1") is None
    found = Ends(tmp_path, AGENT).of("r-2")
    assert found is not None
    assert found.how == "told"


@pytest.mark.parametrize(
    ("state", "said"), [("used", "whether it ran is not known"), ("approved", "Nothing has run")]
)
def test_of_a_call_whose_texts_were_erased_nobody_says_that_nothing_ran_once_it_was_used(
    tmp_path: Path, state: str, said: str
) -> None:
    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        task, get = await approved(connected, desk)
        desk.decide(state)
        asked = desk.requests[task]
        fields = {name: getattr(asked, name) for name in Asked.__struct_fields__}
        desk.requests[task] = Asked(**{**fields, "told": {"erased": True}})
        gone = text(await get(task))

        assert said in gone
        assert ("Nothing has run" in gone) is (state == "approved")
        assert proxy.ran() == []


def test_what_was_stopped_has_not_ended_by_that(tmp_path: Path) -> None:
    """Whether it was cancelled is read once more: the first time nobody may have been able to read it."""

    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        task = (await approved(connected, desk))[0]
        catalog = Catalog(lambda params: proxy.upstream.request("tools/list", params, capabilities={}))
        running = Running(
            holding=Holding(desk),
            upstream=proxy.upstream,
            catalog=catalog,
            opened=Journal(tmp_path / "state"),
            with_receipt=False,
        )
        call = desk.calls[task]
        ran = await running.run(named(call), task, call, None, stopped=lambda: True)

        assert (ran.is_open, ran.result) == (True, None)
        assert names(proxy) == []


@pytest.mark.parametrize("method", ["tasks/get", "tasks/cancel", "tasks/update", "tasks/result", "tasks/list"])
def test_a_session_of_the_older_kind_is_told_nothing_of_a_task_and_runs_nothing(
    tmp_path: Path, method: str
) -> None:
    desk, tasks = Desk(), list[str]()

    @trying(tmp_path, MODERN, desk=desk)
    async def _(connected: Client, _: Proxied, __: Desk) -> None:
        tasks.append((await approved(connected, desk))[0])

    @trying(tmp_path, "legacy", desk=desk)
    async def _(connected: Client, proxy: Proxied, _: Desk) -> None:
        with pytest.raises(MCPError) as refused:
            await raw(connected)(method, {"taskId": tasks[0]})

        assert refused.value.error.code == (-32601 if method in ("tasks/result", "tasks/list") else -32021)
        assert "again" not in str(refused.value)
        assert proxy.ran() == []
        assert desk.requests[tasks[0]].state == "approved"
        done = await connected.session.call_tool("remove", ARGUMENTS)
        assert not done.is_error, told(done)


def blocked(tmp_path: Path, task: str) -> Path:
    """Where the end of a task is written down: as a folder it can be neither read nor written."""
    return tmp_path / "state" / "ended" / Ends(tmp_path, AGENT)._path(task).name


def test_while_an_end_cannot_be_read_a_task_has_not_ended_and_runs_nothing(tmp_path: Path) -> None:
    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        task, get = await approved(connected, desk)
        blocked(tmp_path, task).mkdir()
        meanwhile = await get(task)
        blocked(tmp_path, task).rmdir()
        before = names(proxy)
        done = await get(task)

        assert (meanwhile["status"], before) == ("working", [])
        assert "cannot be read" in meanwhile["statusMessage"]
        assert done["result"]["structuredContent"] == ARGUMENTS
        assert names(proxy) == ["remove"]


def test_what_is_claimed_is_not_sent_while_nobody_can_read_whether_it_was_cancelled(tmp_path: Path) -> None:
    @trying(tmp_path, MODERN)
    async def _(connected: Client, proxy: Proxied, desk: Desk) -> None:
        async def block() -> None:
            desk.meanwhile = None
            blocked(tmp_path, task).mkdir()

        task, get = await approved(connected, desk)
        desk.meanwhile = block
        meanwhile = await get(task)
        blocked(tmp_path, task).rmdir()
        before = names(proxy)
        done = await get(task)

        assert (meanwhile["status"], before) == ("working", [])
        assert done["result"]["structuredContent"] == ARGUMENTS
        assert names(proxy) == ["remove"]
