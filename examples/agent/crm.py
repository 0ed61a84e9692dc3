"""A server of the Model Context Protocol with one tool that reads and one that does harm.

`python crm.py ACCOUNTS` keeps its accounts in that file, a line each. It knows nothing of approvals.
"""

import sys
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
    left = [line for line in _lines() if not line.startswith(f"{account} ")]
    _ACCOUNTS.write_text("".join(f"{line}\n" for line in left))
    return f"{account} is deleted, {'its invoices are kept' if keep_invoices else 'with its invoices'}"


def _lines() -> list[str]:
    return _ACCOUNTS.read_text().splitlines()


if __name__ == "__main__":
    server.run()
