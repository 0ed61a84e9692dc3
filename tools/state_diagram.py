"""Draws the states of requests and grants into docs/architecture.md. With `--check` it only compares."""

import sys
from collections.abc import Iterable
from pathlib import Path

from approvals.states import GRANT, REQUEST, Step

PAGE = Path(__file__).parent.parent / "docs" / "architecture.md"
BEGIN = "<!-- states: written by tools/state_diagram.py -->"
END = "<!-- end of states -->"


def diagram() -> str:
    """The diagram in Mermaid, with what each grant of an approved request goes through."""
    grants = ["    state approved {", "        [*] --> activating", *_arrows(GRANT, "        "), "    }"]
    lines = ["stateDiagram-v2", "    [*] --> pending: filed", *_arrows(REQUEST, "    "), *grants]
    return "\n".join(["```mermaid", *lines, "```"])


def _arrows(steps: Iterable[Step], indent: str) -> list[str]:
    return [f"{indent}{step.before} --> {step.after}{f': {step.said}' if step.said else ''}" for step in steps]


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
