"""Writes THIRD_PARTY_NOTICES from what is installed and locked. With `--check` it only compares."""

import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from packaging.markers import Marker

ROOT = Path(__file__).parent.parent
NOTICES = ROOT / "THIRD_PARTY_NOTICES"
LOCK = ROOT / "requirements-image.txt"
ROLES = ROOT / "approvals" / "policy" / "google-roles.tsv"
ROLES_LICENCE = ROLES.with_suffix(".LICENSE")
PAGE_LOCK = ROOT / "sandbox" / "page" / "package-lock.json"
# What the sandbox's page bundles, and what its Block Kit schema is generated from.
PAGE_ROOTS = ("react", "react-dom", "slack-blocks-to-jsx", "@slack/types")

HEAD = """Countersign: third-party notices

Countersign is licensed under the Apache License 2.0 (see LICENSE). It uses the works below, each under its own
licence. The Python distributions are installed beside Countersign and carry their licence texts in their metadata;
the packages of the sandbox's page are compiled into sandbox/page/static or generated into sandbox/slack/schema.
Data about Google's predefined roles is generated into approvals/policy/google-roles.tsv; its licence stands below.
"""


def pins(lock: str) -> dict[str, str]:
    """The names and versions that a lock file pins for this system: some of them are for others alone."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; ([^\\\n]+))?", lock, flags=re.MULTILINE)
    return {name: version for name, version, only in found if not only or Marker(only).evaluate()}


def licence(metadata: Mapping[str, Any], classifiers: Iterable[str]) -> str:
    """The licence as the distribution states it: the expression, the short field, or the classifiers."""
    for field in ("License-Expression", "License"):
        stated = str(metadata.get(field) or "").strip()
        if stated and "\n" not in stated:
            return stated
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: ")]
    if not named:
        raise ValueError(f"{metadata.get('Name')} states no licence")
    return ", ".join(named)


def python_lines() -> list[str]:
    """One line for each locked distribution. Raises `PackageNotFoundError` when one is not installed."""
    lines = []
    for name, version in sorted(pins(LOCK.read_text()).items()):
        metadata = importlib.metadata.metadata(name)
        stated = {
            field: metadata[field] for field in ("Name", "License-Expression", "License") if field in metadata
        }
        lines.append(f"{name} {version}: {licence(stated, metadata.get_all('Classifier') or [])}")
    return lines


def page_lines() -> list[str]:
    """One line for each package that the page's roots lead to; packages of types leave nothing in a bundle."""
    packages = json.loads(PAGE_LOCK.read_text())["packages"]
    found: dict[str, str] = {}
    waiting = list(PAGE_ROOTS)
    while waiting:
        name = waiting.pop()
        if name in found or name.startswith("@types/"):
            continue
        package = packages[f"node_modules/{name}"]
        found[name] = f"{name} {package['version']}: {package['license']}"
        waiting += package.get("dependencies", {})
    return [found[name] for name in sorted(found)]


def data_lines() -> list[str]:
    """What the list of Google's roles is made from, as its first line says, and the notice that goes with it."""
    source, _, _ = ROLES.read_text().partition("\n")
    return [source.removeprefix("# "), "", *ROLES_LICENCE.read_text().splitlines()]


def notices() -> str:
    """The whole file."""
    parts = [HEAD, "Python distributions\n", *(f"  {line}\n" for line in python_lines())]
    parts += ["\nPackages of the sandbox's page\n", *(f"  {line}\n" for line in page_lines())]
    parts += ["\nData\n", *(f"  {line}".rstrip() + "\n" for line in data_lines())]
    return parts[0] + "\n" + "".join(parts[1:])


def main(arguments: list[str]) -> int:
    """Return 1 when `--check` finds a stale file."""
    wanted = notices()
    if "--check" not in arguments:
        NOTICES.write_text(wanted)
    elif NOTICES.read_text() != wanted:
        print("THIRD_PARTY_NOTICES is stale; run tools/notices.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
