"""Draws the states of requests and grants into docs/architecture.md. With `--check` it only compares."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from approvals.states import GRANT, REQUEST

PAGE = Path(__file__).parent.parent / "docs" / "architecture.md"
BEGIN = "<!-- states: written by tools/state_diagram.py -->"
END = "<!-- end of states -->"
WHEN = {
    ("pending", "approved"): "every requirement met",
    ("pending", "denied"): "by an approver",
    ("pending", "withdrawn"): "by who asked, or an operator",
    ("pending", "expired"): "not decided in time, or not offered any more",
    ("activating", "active"): "read back",
    ("activating", "ended"): "its holder ended it",
    ("activating", "revoked"): "by others, or with its bundle",
    ("activating", "failed"): "refused for good, or too late",
    ("active", "ended"): "its time, or its holder",
    ("active", "revoked"): "by others, outside, or with its bundle",
}
"""When a step is made, in words. One that the tables have and this has not raises `KeyError`."""


def diagram() -> str:
    """The diagram in Mermaid, with what each grant of an approved request goes through."""
    grants = ["    state approved {", "        [*] --> activating", *_arrows(GRANT, "        "), "    }"]
    lines = ["stateDiagram-v2", "    [*] --> pending: filed", *_arrows(REQUEST, "    "), *grants]
    return "\n".join(["```mermaid", *lines, "```"])


def _arrows(table: Mapping[Any, tuple[str, ...]], indent: str) -> list[str]:
    steps = [(before, after) for before, following in table.items() for after in following]
    return [f"{indent}{before} --> {after}: {WHEN[before, after]}" for before, after in steps]


def with_diagram(text: str) -> str:
    """The text with the diagram between its markers. Raises `ValueError` when a marker is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/architecture.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{diagram()}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Return 1 when `--check` finds a stale diagram."""
    text = PAGE.read_text()
    wanted = with_diagram(text)
    if "--check" not in arguments:
        PAGE.write_text(wanted)
    elif text != wanted:
        print("docs/architecture.md: the states are stale; run tools/state_diagram.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
