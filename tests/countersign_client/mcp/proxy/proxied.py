"""A proxy in this process before a program that behaves as it is told, and clients of both generations."""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mcp import Client
from mcp.server.lowlevel import Server

from countersign_client.applications.values import Person
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import People
from countersign_client.mcp.proxy.asking import Asking
from countersign_client.mcp.proxy.catalog import Catalog, Listed
from countersign_client.mcp.proxy.ends import Ends
from countersign_client.mcp.proxy.forwarding import Forwarding, answered
from countersign_client.mcp.proxy.front import front
from countersign_client.mcp.proxy.gates import Gate, Gated, Gates
from countersign_client.mcp.proxy.held import Held
from countersign_client.mcp.proxy.journal import Journal
from countersign_client.mcp.proxy.meeting import Connection
from countersign_client.mcp.proxy.piped import Piped
from countersign_client.mcp.proxy.running import Running
from countersign_client.mcp.proxy.upstream import Upstream
from countersign_client.mcp.tasks import Tasks
from tests.countersign_client.mcp.desk import ALICE, Desk

PROGRAM = str(Path(__file__).parents[3] / "support" / "upstream_program.py")
GENERATIONS = ("legacy", "2026-07-28")
AGENT = "assistant"
GATES = (Gate(action="remove", server="crm", name="remove*"),)


class Proxied(NamedTuple):
    """What a test looks at."""

    server: Server[Any]
    upstream: Upstream
    ledger: Path
    people: People

    def ran(self) -> list[list[Any]]:
        """Each call that the upstream ran: the tool, its arguments and its `_meta`."""
        return [json.loads(line) for line in self.ledger.read_text().splitlines()] if self.ledger.exists() else []

    def client(self, generation: str) -> Client:
        """A client; its own cache would hide what is asked for."""
        return Client(self.server, mode=generation, cache=None)


async def nobody_approves(asking: Asking, name: str, gated: Gated, listed: Listed) -> dict[str, Any]:
    """Holds a call for good."""
    return answered(asking, f"{name} is held by {gated.action or 'nobody'}")


def command(ledger: Path, *options: str) -> Sequence[str]:
    """The program."""
    return [sys.executable, "-S", "-E", PROGRAM, str(ledger), *options]


@asynccontextmanager
async def proxied(
    tmp_path: Path,
    *options: str,
    gates: Sequence[Gate] = GATES,
    timeout: float = 20.0,
    desk: Desk | None = None,
    way: Callable[[Catalog], Awaitable[Connection]] | None = None,
    brought: Callable[[Any], Person] = lambda _: ALICE,
    agent: str = AGENT,
) -> AsyncIterator[Proxied]:
    """A proxy called `crm` before the program, or what `way` leads to. Nobody approves anything but a desk.

    Whose call one is says what it `brought`, and `agent` which agent's proxy it is.
    """
    ledger = tmp_path / "ledger"

    async def connect() -> Connection:
        if way is not None:
            return await way(catalog)
        return await Piped.started(command(ledger, *options), {}, catalog.stale)

    async def load() -> Sequence[Gate]:
        return gates

    upstream = Upstream(connect, timeout=timeout)
    catalog = Catalog(lambda params: upstream.request("tools/list", params, capabilities={}))
    people = People(desk or Desk(), brought)
    held = _held(tmp_path, desk, people, upstream, catalog, agent=agent) if desk is not None else None
    forwarding = Forwarding(upstream, catalog, Gates(load, "crm"), held or nobody_approves)
    server = front(forwarding, catalog)
    if held is not None and desk is not None:
        Tasks(people, Holding(desk), held.finish, held.stop).register(server)
    try:
        yield Proxied(server, upstream, ledger, people)
    finally:
        if held is not None:
            await held.aclose(0.0)
        await upstream.aclose()


def _held(tmp_path: Path, desk: Desk, people: People, upstream: Upstream, catalog: Catalog, *, agent: str) -> Held:
    holding, opened = Holding(desk), Journal(tmp_path / "state")
    running = Running(holding=holding, upstream=upstream, catalog=catalog, opened=opened, with_receipt=False)
    return Held(
        server="crm",
        agent=agent,
        people=people,
        holding=holding,
        running=running,
        opened=opened,
        ends=Ends(tmp_path / "state" / "ended", agent),
    )
