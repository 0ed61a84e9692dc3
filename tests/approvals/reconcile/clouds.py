"""What an administrator of the cloud sees and does."""

from datetime import datetime
from typing import Any

from sandbox.google import Google
from tests.support.builders import RESOURCE
from tests.support.world import ALICE

TITLE = "JIT access activation"
FOREIGN: list[dict[str, Any]] = [
    {"role": "roles/run.admin", "members": ["user:alice@example.com", "group:ops@example.com"]},
    {
        "role": "roles/run.admin",
        "members": ["user:alice@example.com"],
        "condition": {
            "title": TITLE,
            "description": "Approved by bob@example.com; countersign:0000000000/r-0000000000",
            "expression": (
                '(request.time >= timestamp("2026-11-22T00:00:00Z") '
                '&& request.time < timestamp("2036-11-22T00:00:00Z"))'
            ),
        },
    },
    {
        "role": "roles/run.viewer",
        "members": ["user:alice@example.com", "user:bob@example.com"],
        "condition": {"title": "mine", "expression": "request.time.getHours() < 12"},
    },
]
"""What others made: a lasting binding, a typed copy of our mark, and a condition of their own."""


def bindings(cloud: Google) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.policies()[RESOURCE].get("bindings", [])
    return found


def windows(cloud: Google) -> list[tuple[str, str]]:
    """Role and expression of each conditional binding."""
    return [(each["role"], each["condition"]["expression"]) for each in bindings(cloud) if "condition" in each]


def during(start: str, end: str) -> str:
    """The expression of a window on the day of the tests, by its clock times."""
    return f'(request.time >= timestamp("2026-11-22T{start}Z") && request.time < timestamp("2026-11-22T{end}Z"))'


def strip(cloud: Google) -> None:
    """Take every binding out by hand."""
    cloud.edit(RESOURCE, lambda policy: policy.update(bindings=[]))


def put(cloud: Google, made: list[dict[str, Any]]) -> None:
    """Add bindings by hand."""
    cloud.edit(RESOURCE, lambda policy: policy.update(bindings=[*policy.get("bindings", []), *made]))


def in_force(cloud: Google, at: datetime, *, role: str = "roles/run.admin", person: str = ALICE) -> bool:
    return cloud.in_force(RESOURCE, role, f"user:{person}", at)
