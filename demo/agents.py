"""The part of the story in which an agent calls a tool that does harm, through what holds it."""

import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from demo.policy import EXAMPLES, private_key
from demo.running import Running
from demo.stage import Stage, StoryError

_ACCOUNTS = (
    "4711 Example Trading",
    "4712 Example Travel",
    "4713 Example Shop",
    "4714 Example Mill",
    "4715 Example Farm",
)
_DELETE, _OWNER = "delete_account", "set_owner"


def tell(stage: Stage, running: Running) -> None:
    """Play it. Raises `StoryError` at the first step that goes wrong."""
    state = running.ledger.parent
    accounts = state / "crm.txt"
    accounts.write_text("".join(f"{line}\n" for line in _ACCOUNTS))
    with _agent(running, state, accounts) as agent:
        _reads(stage, agent)
        _waits_and_runs(stage, agent, accounts)
        _changes_one_argument(stage, agent, accounts)
        _is_let_make_several(stage, agent, accounts)
        _asks_again_after_the_last(stage, agent, accounts)


class _Agent:
    """An agent that works for Alice, and reaches the CRM through the proxy alone."""

    def __init__(self, client: Client, portal: BlockingPortal) -> None:
        self._client, self._portal = client, portal

    def begins(self, tool: str, **arguments: Any) -> "Future[str]":
        return self._portal.start_task_soon(self._call, tool, arguments)

    async def _call(self, tool: str, arguments: Mapping[str, Any]) -> str:
        result = await self._client.call_tool(tool, dict(arguments))
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
    _expect(len(accounts.read_text().splitlines()) == len(_ACCOUNTS), "nothing has run")
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


def _is_let_make_several(stage: Stage, agent: _Agent, accounts: Path) -> None:
    stage.chapter("It is to hand accounts to Bob, one after the other: Alice approves three calls at once")
    call = _hands_over(stage, agent, "4712")
    stage.until("Alice's card has its buttons", lambda: stage.offers("alice", "confirm_several"), quiet=True)
    stage.see("alice", "the card, which offers one call or several", stage.told("alice", "4712"))
    _expect("looked after" not in accounts.read_text(), "nothing has run")
    stage.press("alice", "confirm_several")
    _hears(stage, call.result(60))
    stage.chapter("The next two calls run, and nobody is asked")
    for account in ("4713", "4714"):
        said = _hands_over(stage, agent, account).result(60)
        _hears(stage, said)
        unasked = "looks after" in said and not stage.offers("alice", "confirm")
        _expect(unasked, f"{account} is handed over, and nobody is asked")
    taken = "all 3 are taken"
    stage.until("Alice's card has counted them", lambda: taken in stage.text("alice"), quiet=True)
    stage.see("alice", "the same card now", stage.told("alice", taken))


def _asks_again_after_the_last(stage: Stage, agent: _Agent, accounts: Path) -> None:
    stage.chapter("One call more is held again")
    call = _hands_over(stage, agent, "4715")
    stage.until("Alice has another card", lambda: stage.offers("alice", "confirm"), quiet=True)
    stage.press("alice", "withdraw")
    said = call.result(60)
    _hears(stage, said)
    handed = [line[:4] for line in accounts.read_text().splitlines() if line.endswith("looked after by bob")]
    _expect(handed == ["4712", "4713", "4714"], "three are handed over")
    _expect("Nothing has run" in said, "the fourth is not")
    stage.does(f"In the CRM Bob looks after {', '.join(handed)}, and not after 4715.")


def _hands_over(stage: Stage, agent: _Agent, account: str) -> "Future[str]":
    _calls(stage, f'{_OWNER}(account="{account}", owner="bob")')
    return agent.begins(_OWNER, account=account, owner="bob")


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
    with (state / "log").open("a") as log, start_blocking_portal() as portal:
        # Not by trying: on a slow machine the older handshake would be tried as well, and refused.
        client = Client(stdio_client(proxy, errlog=log), mode="2026-07-28")
        session = portal.wrap_async_context_manager(client)
        session.__enter__()
        try:
            yield _Agent(client, portal)
        finally:
            # Not with what went wrong in the story: its tasks would make a group of errors of that.
            session.__exit__(None, None, None)


def _calls(stage: Stage, what: str) -> None:
    stage.does(f"The agent calls {what}")


def _hears(stage: Stage, said: str) -> None:
    stage.see("the agent", "the answer", said)


def _expect(true: bool, what: str) -> None:  # noqa: FBT001
    if not true:
        raise StoryError(f"it is not so: {what}")
