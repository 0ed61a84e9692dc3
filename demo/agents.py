"""The part of the story in which an agent calls a tool that does harm, through what holds it."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from demo.policy import EXAMPLES, private_key
from demo.running import Running
from demo.stage import Stage, StoryError

_ACCOUNTS = ("4711 Example Trading", "4712 Example Travel", "4713 Example Shop")
_DELETE = "delete_account"


def tell(stage: Stage, running: Running) -> None:
    """Play it. Raises `StoryError` at the first step that goes wrong."""
    state = running.ledger.parent
    accounts = state / "crm.txt"
    accounts.write_text("".join(f"{line}\n" for line in _ACCOUNTS))
    with _agent(running, state, accounts) as agent:
        _reads(stage, agent)
        _waits_and_runs(stage, agent, accounts)
        _changes_one_argument(stage, agent, accounts)


class _Agent:
    """An agent that works for Alice, and reaches the CRM through the proxy alone."""

    def __init__(self, proxy: StdioServerParameters, pool: ThreadPoolExecutor, log: Path) -> None:
        self._proxy, self._pool, self._log = proxy, pool, log

    def begins(self, tool: str, **arguments: Any) -> "Future[str]":
        return self._pool.submit(lambda: asyncio.run(self._call(tool, arguments)))

    async def _call(self, tool: str, arguments: Mapping[str, Any]) -> str:
        # Not by trying: on a slow machine the older handshake would be tried as well, and refused.
        with self._log.open("a") as log:
            async with Client(stdio_client(self._proxy, errlog=log), mode="2026-07-28") as client:
                result = await client.call_tool(tool, dict(arguments))
        return "\n".join(str(getattr(each, "text", "")) for each in result.content)


def _reads(stage: Stage, agent: _Agent) -> None:
    stage.chapter("An agent that works for Alice looks something up: nobody is asked")
    _calls(stage, 'find_accounts(word="example")')
    _hears(stage, agent.begins("find_accounts", word="example").result(60))


def _waits_and_runs(stage: Stage, agent: _Agent, accounts: Path) -> None:
    stage.chapter("It wants to delete an account: the call is held until Alice has seen these very arguments")
    _calls(stage, f'{_DELETE}(account="4711", keep_invoices=true)')
    call = agent.begins(_DELETE, account="4711", keep_invoices=True)
    stage.until("Alice's card has its button", lambda: stage.offers("alice", "confirm"), quiet=True)
    stage.see("alice", "the card, in her direct messages", stage.told("alice", "4711"))
    _expect(len(accounts.read_text().splitlines()) == 3, "nothing has run")
    stage.press("alice", "confirm")
    said = call.result(60)
    _hears(stage, said)
    _expect("4711" not in accounts.read_text() and "invoices are kept" in said, "the account is deleted")


def _changes_one_argument(stage: Stage, agent: _Agent, accounts: Path) -> None:
    stage.chapter("Something talks it into one changed argument: that approval does not fit, and Alice is asked")
    _calls(stage, f'{_DELETE}(account="4712", keep_invoices=true)')
    call = agent.begins(_DELETE, account="4712", keep_invoices=True)
    stage.until("Alice has another card", lambda: "4712" in stage.text("alice"), quiet=True)
    stage.see("alice", "another card", stage.told("alice", "4712"))
    stage.press("alice", "withdraw")
    said = call.result(60)
    _hears(stage, said)
    _expect("4712" in accounts.read_text() and "Nothing has run" in said, "nothing has run")
    stage.does(f"The CRM still has: {', '.join(accounts.read_text().splitlines())}")


@contextmanager
def _agent(running: Running, state: Path, accounts: Path) -> Iterator[_Agent]:
    crm = [sys.executable, str(EXAMPLES / "agent" / "crm.py"), str(accounts)]
    proxy = StdioServerParameters(
        command=sys.executable,
        args=["-m", "bot", "mcp-proxy", "--name", "crm", "--state", str(state / "proxy"), "--", *crm],
        env={
            "PATH": os.environ["PATH"],
            "COUNTERSIGN_API_URL": running.environment["COUNTERSIGN_API_URL"],
            "COUNTERSIGN_APP_ID": "assistant",
            "COUNTERSIGN_APP_KEY": str(private_key(state, "assistant")),
            "COUNTERSIGN_ON_BEHALF_OF": "alice@example.com",
        },
        cwd=EXAMPLES.parent,
    )
    with ThreadPoolExecutor(1) as pool:
        yield _Agent(proxy, pool, state / "log")


def _calls(stage: Stage, what: str) -> None:
    stage.does(f"The agent calls {what}")


def _hears(stage: Stage, said: str) -> None:
    stage.see("the agent", "the answer", said)


def _expect(true: bool, what: str) -> None:  # noqa: FBT001
    if not true:
        raise StoryError(f"it is not so: {what}")
