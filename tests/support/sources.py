"""The sources themselves, for tests of what may stand in them."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def modules(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module of some packages, by its path."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_bytes())


def calls(*packages: str, named: Collection[str]) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function or class of one of these names, with its place."""
    for path, module in modules(*packages):
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and name_of(node.func) in named:
                yield f"{path}:{node.lineno}", node


def name_of(called: ast.expr) -> str:
    """The last name of what is called: `warning` of `_log.warning`."""
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""
