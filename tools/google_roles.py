"""Writes `approvals/policy/google-roles.tsv` from a JSON file of Google's predefined roles, given by its path.

The file holds `source`, which names where it is from, its licence and its date, and `roles`: for each its name,
title, number of permissions, whether one of them writes, and which kinds of them outlive a window.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from approvals.policy.roles import LASTING

TARGET = Path(__file__).parent.parent / "approvals" / "policy" / "google-roles.tsv"


def table(found: Mapping[str, Any]) -> str:
    """One line for the source and one for each role, in order. Raises `ValueError` for what does not fit one."""
    if not re.search(r"\(\d{4}-\d\d-\d\d\), \S", found["source"]) or not found["source"].isprintable():
        raise ValueError(f"the source names no date and licence: {found['source']!r}")
    lines = sorted(_line(role) for role in found["roles"])
    names = [line.partition("\t")[0] for line in lines]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"listed twice: {', '.join(twice)}")
    return "\n".join([f"# {found['source']}", *lines, ""])


def _line(role: Mapping[str, Any]) -> str:
    name, title, lasting = role["name"], role["title"], role["lasting"]
    if not re.fullmatch(r"roles/[A-Za-z0-9_.]+", name):
        raise ValueError(f"no name of a predefined role: {name!r}")
    if not title.strip() or not title.isprintable():
        raise ValueError(f"{name}: no title: {title!r}")
    if strange := set(lasting) - LASTING.keys():
        raise ValueError(f"{name}: unknown kinds of permissions: {', '.join(sorted(strange))}")
    # Where no permission is known, nothing is known of what the role can do.
    known = "?" if not role["permissions"] else "w" if role["writes"] else "r"
    return "\t".join([name.removeprefix("roles/"), title.strip(), known, ",".join(lasting)])


def main(arguments: list[str]) -> int:
    """Write the table. Exit code 2 without the path of the JSON file."""
    if len(arguments) != 1:
        print("usage: python -m tools.google_roles FILE.json", file=sys.stderr)
        return 2
    TARGET.write_text(table(json.loads(Path(arguments[0]).read_text())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
