"""`countersign mcp-proxy` killed around the end of a task, and what it says of that task when it is back."""

import http.client
import json
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from countersign_client.mcp.tasks import EXTENSION
from demo.ports import free_port
from tests.bot.commands import process
from tests.support.proxies import PROGRAM, Agents, Forked, open_agents

REVISION = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": REVISION,
    "io.modelcontextprotocol/clientCapabilities": {"extensions": {EXTENSION: {}}},
    "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
}


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agents]:
    with open_agents(tmp_path_factory.mktemp("office")) as agents:
        yield agents


class Piped(Forked):
    """One run of the program over standard input and output, for a client that knows tasks."""

    def __init__(self, agents: Agents, folder: Path) -> None:
        super().__init__(folder, agents.environment(folder))

    def _introduce(self) -> None:
        """Nothing is begun: each request says for itself who asks."""

    def begin(self, method: str, **params: Any) -> int:
        return super().begin(method, **params, _meta=META)

    def about(self, method: str, task: str) -> dict[str, Any]:
        return self.ask(method, taskId=task)


class Posted:
    """One run of the program over HTTP, for the same client."""

    def __init__(self, agents: Agents, folder: Path) -> None:
        environ = agents.environment(folder)
        self._token = Path(environ.pop("COUNTERSIGN_ON_BEHALF_TOKEN")).read_text()
        self._ledger, self._port = folder / "ledger", free_port()
        environ |= {
            "COUNTERSIGN_MCP_URL": "https://agents.example.com/mcp",
            "COUNTERSIGN_MCP_ISSUER": agents.office.box.oidc_url,
        }
        upstream = [sys.executable, "-S", "-E", PROGRAM, str(self._ledger)]
        state = ["--state", str(folder / "state"), "--http", str(self._port)]
        self._process = process("mcp-proxy", "--name", "crm", *state, "--", *upstream, env=environ)
        agents.office.until(self._listens)

    def about(self, method: str, task: str) -> dict[str, Any]:
        return self._posted(method, task, taskId=task)

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        return dict(self._posted("tools/call", name, name=name, arguments=arguments)["result"])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(60)
        for each in (self._process.stdout, self._process.stderr):
            # Its upstream may sleep on, and has the other end.
            assert each is not None
            each.close()

    def ran(self) -> list[list[Any]]:
        return (
            [json.loads(line) for line in self._ledger.read_text().splitlines()] if self._ledger.exists() else []
        )

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _posted(self, method: str, named: str, **params: Any) -> dict[str, Any]:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": REVISION,
            "Mcp-Method": method,
            "Mcp-Name": named,
        }
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request("POST", "/mcp", json.dumps(message), headers)
        body = connection.getresponse().read()
        connection.close()
        return dict(json.loads(body))


Run = Piped | Posted
ways = pytest.mark.parametrize("started", [Piped, Posted], ids=["pipes", "http"])
Started = Callable[[Agents, Path], Run]


def approved(agents: Agents, run: Run, **arguments: Any) -> str:
    """The task of a call that Bob has approved."""
    made = run.call("remove", **arguments)
    assert made["resultType"] == "task"
    task = str(made["taskId"])
    agents.office.approve("bob", task)
    agents.office.until(lambda: agents.office.request(task).state == "approved")
    return task


def text(answer: Mapping[str, Any]) -> str:
    done = answer["result"]
    assert (done["status"], done["result"]["isError"]) == ("completed", True), answer
    return str(done["result"]["content"][0]["text"])


def removed(run: Run) -> list[Any]:
    return [arguments["id"] for name, arguments, _ in run.ran() if name == "remove"]


@ways
def test_a_task_that_was_answered_is_said_to_have_been_and_nothing_runs_again(
    agents: Agents, tmp_path: Path, started: Started
) -> None:
    first = started(agents, tmp_path)
    task = approved(agents, first, id="answered")
    done = first.about("tasks/get", task)
    first.kill()
    second = started(agents, tmp_path)
    cancelled = second.about("tasks/cancel", task)
    gone = [text(second.about("tasks/get", task)) for _ in range(2)]
    second.kill()

    assert not done["result"]["result"].get("isError"), done
    assert "error" not in cancelled
    assert all("its call was made, and answered" in each and "Look first" in each for each in gone)
    assert removed(second) == ["answered"]


@ways
def test_a_task_that_ended_without_a_run_runs_nothing_until_the_call_comes_again(
    agents: Agents, tmp_path: Path, started: Started
) -> None:
    first = started(agents, tmp_path)
    task = approved(agents, first, id="changed")
    first.call("change")
    refused = text(first.about("tasks/get", task))
    first.kill()
    second = started(agents, tmp_path)
    gone = text(second.about("tasks/get", task))
    before = removed(second)
    done = second.call("remove", id="changed")
    second.kill()

    assert "has changed what remove is" in refused
    assert "Nothing has run by this task" in gone
    assert "call again with the same arguments" in gone
    assert before == []
    assert not done.get("isError"), done
    assert removed(second) == ["changed"]


@ways
def test_a_task_whose_call_was_under_way_is_never_run_again_whoever_asks_for_it(
    agents: Agents, tmp_path: Path, started: Started
) -> None:
    first = started(agents, tmp_path)
    task = killed_under_way(agents, first, id="killed")
    second = started(agents, tmp_path)
    unknown = text(second.about("tasks/get", task))
    second.kill()
    third = started(agents, tmp_path)
    gone = text(third.about("tasks/get", task))
    third.kill()

    assert "whether it ran is not known" in unknown
    assert "came to its end before" in gone
    assert all("Look first what it did" in each for each in (unknown, gone))
    assert removed(third) == ["killed"]


@ways
def test_a_client_of_the_older_kind_that_comes_after_it_is_told_once_and_asks_people_anew(
    agents: Agents, tmp_path: Path, started: Started
) -> None:
    first = started(agents, tmp_path)
    task = killed_under_way(agents, first, id="older")
    older = Forked(tmp_path, agents.environment(tmp_path))
    hidden = older.ask("tasks/get", taskId=task)
    unknown = older.call("remove", id="older", seconds=20)
    waited = pending(agents)
    older.begin("tools/call", name="remove", arguments={"id": "older", "seconds": 20})
    (anew,) = agents.office.until(lambda: pending(agents) - waited)
    older.kill()

    assert hidden["error"]["code"] == -32021
    assert "whether it ran is not known" in str(unknown)
    assert "It is not repeated by itself" in str(unknown)
    assert anew != task
    assert removed(first) == ["older"]


def pending(agents: Agents) -> set[str]:
    return {each.id for each in agents.office.service.store.pending(limit=100)}


def killed_under_way(agents: Agents, run: Run, **arguments: Any) -> str:
    """The task of a call that has begun when the proxy is killed."""
    task = approved(agents, run, **arguments, seconds=20)
    thread = Thread(target=_left, args=(run, task))
    thread.start()
    agents.office.until(lambda: removed(run))
    run.kill()
    thread.join(60)
    return task


def _left(run: Run, task: str) -> None:
    """Ask for a task, and get no answer."""
    with suppress(OSError, EOFError, http.client.HTTPException):
        run.about("tasks/get", task)
