"""A server of the Model Context Protocol with one tool that reads, one that changes and one that does harm.

`python crm.py ACCOUNTS` keeps its accounts in that file, a line each. It knows nothing of approvals.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from mcp.server.mcpserver import MCPServer

_ACCOUNTS = Path(sys.argv[1])
server = MCPServer("crm")


@server.tool()
def find_accounts(word: str) -> list[str]:
    """The accounts whose line holds a word."""
    return [line for line in _lines() if word.lower() in line.lower()]


@server.tool()
def delete_account(account: str, keep_invoices: bool) -> str:  # noqa: FBT001 - a tool's arguments have names
    """Delete an account for good, and its invoices unless they are to be kept."""
    _write(line for line in _lines() if not line.startswith(f"{account} "))
    return f"{account} is deleted, {'its invoices are kept' if keep_invoices else 'with its invoices'}"


@server.tool()
def set_owner(account: str, owner: str) -> str:
    """Say who looks after an account from now on."""
    _write(_owned(line, owner) if line.startswith(f"{account} ") else line for line in _lines())
    return f"{owner} looks after {account} now"


def _owned(line: str, owner: str) -> str:
    return f"{line.partition(', looked after by ')[0]}, looked after by {owner}"


def _lines() -> list[str]:
    return _ACCOUNTS.read_text().splitlines()


def _write(lines: Iterable[str]) -> None:
    _ACCOUNTS.write_text("".join([f"{line}\n" for line in lines]))


if __name__ == "__main__":
    server.run()
