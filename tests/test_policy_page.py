"""docs/policy.md, held against the program: every key, every code, and examples that are sound."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approvals.policy.guardrails import SUBJECT, VARIABLES
from approvals.policy.lint import lint
from approvals.policy.reading.schema import schema

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "policy.md").read_text()
POLICY = ROOT / "approvals" / "policy"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

# Where the code of a problem stands in a call: its position, or its name.
CODES = {
    "refuse": 1,
    "refuse_at": 1,
    "SelectorError": 0,
    "problem_at": 2,
    "_warning": 2,
    "shaped": "code",
    "each_text": "code",
}


def first_cells(heading: str) -> list[str]:
    """The first cells, in backticks, of all tables between this heading and the next of its level."""
    _, _, rest = PAGE.partition(f"\n## {heading}\n")
    return re.findall(r"^\| `([^`]+)`", rest.partition("\n## ")[0], re.MULTILINE)


def keys(node: dict[str, Any], path: str = "") -> Iterator[str]:
    """The path of every key of a JSON Schema, as the page writes it."""
    for name, inner in node.get("properties", {}).items():
        here = f"{path}.{name}".removeprefix(".")
        yield here
        yield from keys(inner, here)
    for each in (*node.get("oneOf", ()), *([node["items"]] if "items" in node else ())):
        yield from keys(each, f"{path}[]" if "items" in node else path)


def problems() -> Iterator[ast.Call]:
    """Every call in the policy's own modules; `code_of` says which make a problem."""
    for file in sorted(POLICY.rglob("*.py")):
        yield from (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))


def codes() -> Iterator[str]:
    """Every code that the policy's own modules give to a problem."""
    return (code for call in problems() for code in code_of(call))


def warnings() -> Iterator[str]:
    """Those of them that keep no policy from being used."""
    return (
        code
        for call in problems()
        if any(each.arg == "warning" for each in call.keywords)
        for code in code_of(call)
    )


def code_of(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    place = CODES.get(name)
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    found = named.get(place) if isinstance(place, str) else None
    if isinstance(place, int) and len(call.args) > place:
        found = call.args[place]
    if isinstance(found, ast.Constant):
        yield str(found.value)


def test_the_page_has_every_key_of_the_schema_and_no_other() -> None:
    # One of several ways to write a thing may name a key again.
    assert sorted(first_cells("Keys")) == sorted(set(keys(schema())))


def test_the_page_has_every_code_of_lint_and_no_other() -> None:
    assert sorted(first_cells("What lint says")) == sorted(set(codes()))


def test_the_page_says_which_codes_are_warnings() -> None:
    warned = sorted(warnings())

    cells = first_cells("What lint says")
    assert sorted(cells[: cells.index("unreachable-quorum")]) == warned
    assert "The codes above `unreachable-quorum` are warnings." in PAGE


def test_the_page_has_every_variable_of_guardrails_with_its_type() -> None:
    words = {"text": "text", "texts": "list of texts", "time": "time"}
    _, _, rest = PAGE.partition("\n### Guardrails\n")
    rows = dict(re.findall(r"^\| `([^`]+)`(?:, [^|]+)? \| ([^|]+) \|", rest.partition("\n## ")[0], re.MULTILINE))
    known: dict[str, str] = {**VARIABLES, **{f"subject.{name}": kind for name, kind in SUBJECT.items()}}
    claims = {name for name in rows if name.startswith("subject.")} - set(known)

    assert {name: rows.get(name) for name in known} == {name: words[kind] for name, kind in known.items()}
    assert {name for name in rows if not name.startswith(("subject.", "params."))} == set(VARIABLES)
    assert claims == {"subject.type", "subject.groups"}


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_sound(example: str) -> None:
    assert [str(problem) for problem in lint(example, source="example")] == []
