"""The workspace of the benchmark: a few approvers who press, and many people who ask."""

from typing import Any

TEAM = "T0BENCH00"
APP = "A0BENCH00"
CHANNEL = "C0ACCESS0"
APPROVERS = tuple(f"U0APPROVER{number}" for number in range(8))
"""So many that no number of connections is more than they may have under way at once."""

APPROVER = APPROVERS[0]
TYPIST = "U0APPROVER8"
"""An approver who presses nothing, and types without end."""

ASKING = 25
_NOW = 90_000
SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "xoxb-bench-0000000000"


def asker(number: int) -> str:
    """The account id of somebody who asks now."""
    return past(_NOW + number % ASKING)


def past(number: int) -> str:
    """The account id of somebody who asked in the past: histories are full of them."""
    return f"U0ASK{number:05d}"


def address(account: str) -> str:
    return f"{account.lower()}@example.com"


def user(account: str) -> dict[str, Any]:
    """What `users.info` says of an account."""
    return {
        "id": account,
        "team_id": TEAM,
        "name": account.lower(),
        "deleted": False,
        "is_bot": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_email_confirmed": True,
        "profile": {"email": address(account), "real_name": account},
    }
