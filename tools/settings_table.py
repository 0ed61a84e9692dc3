"""Writes the table of settings into README.md, between its two markers. With `--check` it only compares."""

import sys
from pathlib import Path

from bot.variables import VARIABLES
from handlers.settings import Variable

README = Path(__file__).parent.parent / "README.md"
BEGIN = "<!-- settings: written by tools/settings_table.py -->"
END = "<!-- end of settings -->"


def row(variable: Variable) -> str:
    default = f"`{variable.default}`" if variable.default else ""
    return f"| `{variable.name}` | {default} | {variable.doc} |"


def table() -> str:
    """The whole table in Markdown."""
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *map(row, VARIABLES)])


def with_table(text: str) -> str:
    """The text with the table between its markers. Raises `ValueError` when a marker is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Return 1 when `--check` finds a stale table."""
    text = README.read_text()
    wanted = with_table(text)
    if "--check" not in arguments:
        README.write_text(wanted)
    elif text != wanted:
        print("README.md: the table of settings is stale; run tools/settings_table.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
