"""Draws the states of requests and grants into docs/architecture.md. With `--check` it only compares."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from approvals.states import GRANT, REQUEST
from tools.generated import Part

PART = Part(
    page=Path(__file__).parent.parent / "docs" / "architecture.md",
    begin="<!-- states: written by tools/state_diagram.py -->",
    end="<!-- end of states -->",
    generator="tools/state_diagram.py",
)
WHEN = {
    ("pending", "approved"): "every requirement met",
    ("pending", "denied"): "by an approver",
    ("pending", "withdrawn"): "by who asked, or an operator",
    ("pending", "expired"): "not decided in time, or not offered any more",
    ("approved", "used"): "an action, by its application",
    ("approved", "lapsed"): "an action not used in time, or taken back",
    ("scheduled", "activating"): "its time has come",
    ("scheduled", "ended"): "its holder cancelled it",
    ("scheduled", "revoked"): "by others, or by the policy of its start",
    ("scheduled", "failed"): "held up past its window",
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
    grants = [
        "    state approved {",
        "        [*] --> activating",
        "        [*] --> scheduled: to begin later",
        *_arrows(GRANT, "        "),
        "    }",
    ]
    lines = ["stateDiagram-v2", "    [*] --> pending: filed", *_arrows(REQUEST, "    "), *grants]
    return "\n".join(["```mermaid", *lines, "```"])


def _arrows(table: Mapping[Any, tuple[str, ...]], indent: str) -> list[str]:
    steps = [(before, after) for before, following in table.items() for after in following]
    return [f"{indent}{before} --> {after}: {WHEN[before, after]}" for before, after in steps]


if __name__ == "__main__":
    sys.exit(PART.write(diagram(), sys.argv[1:]))
