"""Writes the table of settings into docs/settings.md, between its two markers. With `--check` it only compares."""

import sys
from pathlib import Path

from bot.variables import VARIABLES
from handlers.settings import Variable
from tools.generated import Part

PART = Part(
    page=Path(__file__).parent.parent / "docs" / "settings.md",
    begin="<!-- settings: written by tools/settings_table.py -->",
    end="<!-- end of settings -->",
    generator="tools/settings_table.py",
)


def row(variable: Variable) -> str:
    default = f"`{variable.default}`" if variable.default else ""
    return f"| `{variable.name}` | {default} | {variable.doc} |"


def table() -> str:
    """The whole table in Markdown."""
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *map(row, VARIABLES)])


if __name__ == "__main__":
    sys.exit(PART.write(table(), sys.argv[1:]))
