"""Writes what becomes of JIT Access's settings into the README. With `--check` it only compares."""

import sys
from pathlib import Path

from bot.jit_access import TABLE, Kept, Moved
from tools.generated import Part

PART = Part(
    page=Path(__file__).parent.parent / "README.md",
    begin="<!-- settings of JIT Access: written by tools/jit_access_table.py -->",
    end="<!-- end of settings of JIT Access -->",
    generator="tools/jit_access_table.py",
)


def row(each: Kept | Moved) -> str:
    if isinstance(each, Kept):
        return f"| `{each.name}` | a setting here as well | {each.differs} |"
    said = each.instead.removesuffix(" instead")
    return f"| `{each.name}` | refused: {said} | {each.why} |"


def table() -> str:
    """The whole table in Markdown, in the order of the names."""
    rows = map(row, sorted(TABLE, key=lambda each: each.name))
    return "\n".join(["| Variable of JIT Access | Here | What differs, and why |", "|---|---|---|", *rows])


if __name__ == "__main__":
    sys.exit(PART.write(table(), sys.argv[1:]))
