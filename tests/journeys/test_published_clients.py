"""Clients that nobody here wrote before `countersign mcp-proxy` and `countersign mcp`, with a model's stand-in.

Runs where `MCP_CLIENTS` names a folder with these in it, of the versions that docs/agents.md says: `npm install
--ignore-scripts @anthropic-ai/claude-code @openai/codex @modelcontextprotocol/inspector`.
"""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from countersign_client.keys import read_keys
from countersign_client.mcp.proxy.messages import RECEIPT
from countersign_client.receipts import verify
from demo.ports import free_port
from tests.bot.commands import ROOT, process
from tests.support.mcp_clients import TASKS
from tests.support.proxies import PROGRAM, Agents, open_agents
from tests.support.published_clients import (
    CLAUDE,
    CODEX,
    NOWHERE,
    Address,
    Program,
    Published,
    Setting,
    overheard,
    running_client,
)
from tests.support.stand_in_model import Model, Step, Wanted, stand_in
from tests.support.tapped import Tapped, tapped

INSTALLED = Path(os.environ.get("MCP_CLIENTS", ""))
pytestmark = pytest.mark.skipif(
    not INSTALLED.name, reason="MCP_CLIENTS names no folder with published clients in it"
)

WITHIN = 200.0
"""Seconds of one client's whole conversation, on a machine that is busy."""

REQUEST = re.compile(r"r-[0-9a-z]{10}")
COUNTERSIGN = [sys.executable, "-m", "bot"]


@pytest.fixture(scope="module", params=[CLAUDE, CODEX], ids=["claude", "codex"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A client that starts here, of the version of which docs/agents.md says what it does."""
    found: Published = request.param
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path_factory.mktemp("home")), "HTTPS_PROXY": NOWHERE}
    try:
        program = [str(found.path(INSTALLED)), "--version"]
        said = subprocess.run(program, env=environ, capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"it cannot be started here: {error}")
    (version,) = re.findall(r"\d+\.\d+\.\d+", said)
    if version not in (ROOT / "docs" / "agents.md").read_text():
        pytest.skip(f"docs/agents.md says nothing of its version {version}")
    return found


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agents]:
    with open_agents(tmp_path_factory.mktemp("office")) as agents:
        yield agents


class Told:
    """What a client is configured with, and what came of it."""

    def __init__(self, agents: Agents, folder: Path) -> None:
        self._agents, self.folder = agents, folder
        told = {name: value for name, value in agents.environment(folder).items() if "COUNTERSIGN" in name}
        env = {**told, "PYTHONPATH": str(ROOT)}
        upstream = [sys.executable, "-S", "-E", PROGRAM, str(folder / "ledger")]
        proxy = [*COUNTERSIGN, "mcp-proxy", "--name", "crm", "--state", str(folder / "state"), "--", *upstream]
        self.servers = {
            "crm": Program(
                [sys.executable, str(ROOT / "tests" / "support" / "overheard.py"), str(folder / "wire"), *proxy],
                env,
            ),
            "countersign": Program([*COUNTERSIGN, "mcp"], env),
        }

    def ran(self) -> list[tuple[str, object]]:
        """What the upstream ran."""
        return [(name, arguments) for name, arguments, _ in self.ledger()]

    def ledger(self) -> list[tuple[str, object, dict[str, str]]]:
        """The same, with what stood beside each call."""
        ledger = self.folder / "ledger"
        lines = ledger.read_text().splitlines() if ledger.exists() else []
        return [(name, arguments, beside) for name, arguments, beside in map(json.loads, lines)]

    def waiting(self) -> str:
        """The request that waits for people, once there is one."""
        office = self._agents.office
        return office.until(
            lambda: next((each.id for each in office.service.store.pending(limit=10)), ""), seconds=WITHIN
        )

    def heard(self, model: Model, what: str) -> None:
        """Wait until the model was told something."""
        self._agents.office.until(lambda: any(what in each for each in model.answers), seconds=WITHIN)

    def receipts(self) -> list[str]:
        """The receipts that the client was given by the proxy."""
        results = [each.get("result", {}) for each in overheard(self.folder, "server")]
        return [meta[RECEIPT] for each in results if RECEIPT in (meta := each.get("_meta", {}))]


def revision(message: dict[str, Any]) -> str:
    """The revision that a client's first message names."""
    params = message["params"]
    return str(params.get("protocolVersion") or params["_meta"]["io.modelcontextprotocol/protocolVersion"])


def remove(account: str) -> Step:
    return lambda _: Wanted("crm", "remove", {"id": account})


def ask(account: str) -> Wanted:
    return Wanted("countersign", "ask_approval", {"server": "crm", "tool": "remove", "arguments": {"id": account}})


def use(account: str, answers: Sequence[str]) -> Wanted:
    request = REQUEST.findall(answers[-1])[0]
    return Wanted("countersign", "use_approval", {"request": request, **ask(account).arguments})


def test_a_call_waits_runs_once_with_its_receipt_and_a_changed_one_is_refused(
    agents: Agents, tmp_path: Path, client: Published
) -> None:
    told, office = Told(agents, tmp_path), agents.office
    # Each client's own: what was denied a moment ago is answered so without asking anybody again.
    first, second, third = (f"{client.name}-{number}" for number in range(3))
    steps: list[Step] = [remove(first), remove(second), lambda _: ask(third), lambda said: use(third, said)]
    with (
        stand_in(*steps) as model,
        running_client(client, INSTALLED, Setting(tmp_path, model.url, told.servers)) as process,
    ):
        approved = told.waiting()
        told.heard(model, "Nothing has run")
        before = told.ran()
        office.approve("bob", approved)
        told.heard(model, f'"id":"{first}"')
        denied = told.waiting()
        office.press("bob", "deny", denied)
        assert office.box.slack.submit("bob", {"reason": "Keep that one."}).ok
        told.heard(model, "denied")
        asked = told.waiting()
        office.approve("bob", asked)
        ended = process.wait(WITHIN)

    begun, *_ = said = overheard(tmp_path, "client")
    waited, *again, done, refused, answered, claimed = model.answers
    assert ended == 0
    assert (begun["method"], revision(begun)) == client.speaks
    assert TASKS not in json.dumps(said)
    assert {("crm", "remove"), ("countersign", "ask_approval")} <= model.offered
    assert "waits for people" in waited
    assert all(approved in each for each in [waited, *again])
    assert before == []
    assert told.ran() == [("remove", {"id": first})]
    (receipt,) = told.receipts()
    keys = read_keys(office.fetch("/.well-known/jwks.json")[1].encode())
    assert verify(receipt, keys).request == approved
    assert first in done
    assert f"denied by bob@example.com: Keep that one. ({denied})" in refused
    assert asked in answered
    assert '"may_run":false' in answered.replace(" ", "")
    assert '"may_run":true' in claimed.replace(" ", "")


def test_a_client_that_gives_up_sooner_loses_nothing(agents: Agents, tmp_path: Path, client: Published) -> None:
    told, office = Told(agents, tmp_path), agents.office
    with (
        stand_in(remove(f"{client.name}-3")) as model,
        running_client(client, INSTALLED, Setting(tmp_path, model.url, told.servers, own=5)) as process,
    ):
        approved = told.waiting()
        told.heard(model, "timed out")
        office.approve("bob", approved)
        ended = process.wait(WITHIN)

    assert ended == 0
    assert told.ran() == [("remove", {"id": f"{client.name}-3"})]
    (receipt,) = told.receipts()
    assert verify(receipt, read_keys(office.fetch("/.well-known/jwks.json")[1].encode())).request == approved


@contextmanager
def over_http(agents: Agents, folder: Path) -> Iterator[tuple[dict[str, Address], dict[str, Tapped]]]:
    """Both servers over HTTP, where each is called by Alice's token, and what is heard on the way there."""
    environ = agents.environment(folder)
    token = Path(environ.pop("COUNTERSIGN_ON_BEHALF_TOKEN")).read_text()
    environ |= {
        "COUNTERSIGN_MCP_URL": "https://agents.example.com/mcp",
        "COUNTERSIGN_MCP_ISSUER": agents.office.box.oidc_url,
    }
    upstream = [sys.executable, "-S", "-E", PROGRAM, str(folder / "ledger")]
    proxy = ["mcp-proxy", "--with-receipt", "--name", "crm", "--state", str(folder / "state")]
    with ExitStack() as stack:
        heard = {}
        for name, before, after in (("crm", proxy, ["--", *upstream]), ("countersign", ["mcp"], [])):
            port = free_port()
            started = process(*before, "--http", str(port), *after, env=environ)
            stack.callback(started.communicate, timeout=60)
            stack.callback(started.terminate)
            agents.office.until(lambda port=port: _listens(port))  # type: ignore[misc]
            heard[name] = stack.enter_context(tapped(port))
        yield (
            {name: Address(f"http://127.0.0.1:{each.port}/mcp", token) for name, each in heard.items()},
            heard,
        )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_over_http_it_runs_once_with_its_receipt_as_well(
    agents: Agents, tmp_path: Path, client: Published
) -> None:
    told, office = Told(agents, tmp_path), agents.office
    first, second = (f"{client.name}-http-{number}" for number in range(2))
    steps: list[Step] = [remove(first), lambda _: ask(second), lambda said: use(second, said)]
    with (
        over_http(agents, tmp_path) as (servers, heard),
        stand_in(*steps) as model,
        running_client(client, INSTALLED, Setting(tmp_path, model.url, servers)) as running,
    ):
        approved = told.waiting()
        told.heard(model, "Nothing has run")
        before = told.ran()
        office.approve("bob", approved)
        told.heard(model, f'"id":"{first}"')
        asked = told.waiting()
        office.approve("bob", asked)
        ended = running.wait(WITHIN)

    begun = heard["crm"].first()
    waited, *_, done, answered, claimed = model.answers
    ((name, arguments, beside),) = told.ledger()
    keys = read_keys(office.fetch("/.well-known/jwks.json")[1].encode())
    assert ended == 0
    assert (begun["method"], revision(begun)) == client.speaks
    assert not any(TASKS.encode() in each for server in heard.values() for each in server.sent)
    assert approved in waited
    assert before == []
    assert (name, arguments) == ("remove", {"id": first})
    assert verify(beside[RECEIPT], keys).request == approved
    assert first in done
    assert asked in answered
    assert '"may_run":false' in answered.replace(" ", "")
    assert '"may_run":true' in claimed.replace(" ", "")


INSPECTOR = INSTALLED / "node_modules" / "@modelcontextprotocol" / "inspector-cli" / "build" / "index.js"


@pytest.mark.skipif(not INSPECTOR.is_file(), reason="the inspector is not among the published clients")
def test_the_inspector_waits_within_its_call_and_shows_the_receipt(agents: Agents, tmp_path: Path) -> None:
    told, office = Told(agents, tmp_path), agents.office
    server = told.servers["crm"]
    # It gives a server none of its environment.
    start = tmp_path / "start"
    given = [f"{name}={value}" for name, value in server.env.items()]
    start.write_text(f"#!/bin/sh\nexec env {shlex.join([*given, *server.command])}\n")
    start.chmod(0o700)
    called = ["--method", "tools/call", "--tool-name", "remove", "--tool-arg", "id=inspected"]
    with subprocess.Popen(
        ["node", str(INSPECTOR), str(start), *called],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
    ) as running:
        approved = told.waiting()
        before = told.ran()
        office.approve("bob", approved)
        said = json.loads(running.communicate(timeout=WITHIN)[0])

    begun, *_ = overheard(tmp_path, "client")
    keys = read_keys(office.fetch("/.well-known/jwks.json")[1].encode())
    assert (begun["method"], revision(begun)) == ("initialize", "2025-11-25")
    assert before == []
    assert told.ran() == [("remove", {"id": "inspected"})]
    assert verify(said["_meta"][RECEIPT], keys).request == approved
