"""Writes the table of events into docs/events.md. With `--check` it only compares."""

import sys
from pathlib import Path

from approvals.telling.events import EMERGENCY, REQUESTS, SERVICE, Kind
from bot.cloud_events import TYPE
from handlers.wording.history.events import WHEN
from tools.generated import Part

PART = Part(
    page=Path(__file__).parent.parent / "docs" / "events.md",
    begin="<!-- events: written by tools/events_table.py -->",
    end="<!-- end of events -->",
    generator="tools/events_table.py",
)


def row(kind: Kind) -> str:
    members = [f"`{name}`" for name in (*(("access",) if kind.access else ()), *kind.members)]
    return f"| `{TYPE}{kind.type}` | {WHEN[kind.type]} | {', '.join(members)} |"


def table() -> str:
    """Every type, with the members that its data have besides those of all."""
    head = ["| `ce-type` | When | Members besides |", "|---|---|---|"]
    of_requests = [*REQUESTS.values(), EMERGENCY]
    parts = (("Of a request", of_requests), ("Of the installation", SERVICE.values()))
    return "\n\n".join("\n".join([f"### {title}", "", *head, *map(row, kinds)]) for title, kinds in parts)


if __name__ == "__main__":
    sys.exit(PART.write(table(), sys.argv[1:]))
