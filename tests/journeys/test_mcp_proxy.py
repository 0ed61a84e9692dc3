"""`countersign mcp-proxy` and the running service: an agent's calls wait for Bob and run once, whatever dies."""

import json
import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from countersign_client.call_tokens import new_key
from tests.support.proxies import Agents, Forked, Proxy, environment, open_agents


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agents]:
    with open_agents(tmp_path_factory.mktemp("office")) as agents:
        yield agents


def text(result: dict[str, object]) -> str:
    content = result["content"]
    assert isinstance(content, list)
    return str(content[0]["text"])


def test_a_call_waits_for_bob_and_runs_once_in_whichever_run_of_the_proxy(agents: Agents, tmp_path: Path) -> None:
    environ = agents.environment(tmp_path)
    first = Proxy(tmp_path, environ)
    asked = first.begin("tools/call", name="remove", arguments={"id": "4711"})
    passed = first.call("echo", secret="of nobody's")
    request = agents.office.until(lambda: _waiting(agents))
    first.kill()
    before = first.ran()
    agents.office.approve("bob", request)
    second = Proxy(tmp_path, environ)
    done = second.call("remove", id="4711")
    denied = second.ask("logging/setLevel", level="debug")

    assert asked
    assert not passed.get("isError")
    assert [name for name, _, _ in before] == ["echo"]
    assert not done.get("isError"), text(done)
    assert [name for name, _, _ in second.ran()] == ["echo", "remove"]
    assert denied["error"]["code"] == -32601
    assert second.close() == 0
    assert "of nobody's" not in second.log()
    assert "4711" not in second.log()


def test_where_countersign_is_not_there_no_tool_is_called(tmp_path: Path) -> None:
    proxy = Proxy(tmp_path, environment(tmp_path, "http://127.0.0.1:9", new_key("ES256"), "nobody's"))
    results = [proxy.call(name) for name in ("remove", "echo", "slow")]
    listed = proxy.ask("tools/list")["result"]["tools"]
    proxy.close()

    assert all(each["isError"] and "which tools need an approval is not known" in text(each) for each in results)
    assert listed
    assert proxy.ran() == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            b'{"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":"echo","name":"remove"}}',
            "stands twice",
        ),
        (b'{"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":"echo","arguments":{"a":NaN}}}', "NaN"),
        (b'[{"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":"remove"}}]', ""),
    ],
)
def test_a_line_that_two_could_read_otherwise_calls_nothing(
    agents: Agents, tmp_path: Path, line: bytes, why: str
) -> None:
    proxy = Proxy(tmp_path, agents.environment(tmp_path))
    proxy.say(line)
    if why:
        assert why in proxy.answer(99)["error"]["message"]
    proxy.call("echo")
    proxy.close()

    assert [name for name, _, _ in proxy.ran()] == ["echo"]


def test_a_proxy_that_is_killed_between_its_claim_and_the_run_runs_it_once_afterwards(
    agents: Agents, tmp_path: Path
) -> None:
    environ, between = agents.environment(tmp_path), agents.between
    first = Forked(tmp_path, environ)
    between.holds.clear()
    between.held = "/consume"
    first.begin("tools/call", name="slow", arguments={"seconds": 0, "n": "claimed"})
    assert between.holds.wait(60)
    first.kill()
    between.held = ""
    before = first.ran()
    [note] = [json.loads(each.read_bytes()) for each in (tmp_path / "state").iterdir() if len(each.name) == 64]
    second = Forked(tmp_path, environ)
    done = second.call("slow", seconds=0, n="claimed")
    second.close()

    assert before == []
    assert note["sent"] is False
    assert not done.get("isError"), text(done)
    assert [name for name, _, _ in second.ran()] == ["slow"]
    assert "countersign/receipt" in done["_meta"]
    entries = agents.office.service.store.entries(note["request"])
    assert [each.action for each in entries].count("request.used") == 1


@pytest.mark.long
def test_however_it_is_killed_no_approved_call_runs_twice(agents: Agents, tmp_path: Path) -> None:
    chance, environ = random.Random(14), agents.environment(tmp_path)
    told = 0
    proxy = Forked(tmp_path, environ)
    for number in range(20):
        surely = number % 2 == 0
        proxy.call("echo")
        arguments = {"seconds": 30 if surely else 0.05, "n": number}
        begun = proxy.begin("tools/call", name="slow", arguments=arguments)
        if surely:
            agents.office.until(partial(_began, proxy, number))
        else:
            time.sleep(chance.uniform(0.0, 0.3))
        came = any(each.get("id") == begun for each in proxy.kill())
        proxy = Forked(tmp_path, environ)
        if not came:
            told += "is not known" in text(proxy.call("slow", **arguments))
    proxy.close()

    ran = [arguments["n"] for name, arguments, _ in proxy.ran() if name == "slow"]
    assert len(ran) == len(set(ran))
    assert told >= 10


def _began(proxy: Proxy, number: int) -> bool:
    return any(name == "slow" and arguments["n"] == number for name, arguments, _ in proxy.ran())


def _waiting(agents: Agents) -> str:
    return next((each.id for each in agents.office.service.store.pending(limit=10)), "")
