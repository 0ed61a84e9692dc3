"""Writes the table of what rules can look at into docs/policy.md. With `--check` it only compares."""

import sys
from collections.abc import Iterator
from pathlib import Path

from approvals.cel import Kind
from approvals.policy.rules import USES, Variable
from tools.generated import Part

PART = Part(
    page=Path(__file__).parent.parent / "docs" / "policy.md",
    begin="<!-- variables of rules: written by tools/rule_variables.py -->",
    end="<!-- end of variables of rules -->",
    generator="tools/rule_variables.py",
)
_TYPES: dict[Kind, str] = {
    "text": "text",
    "texts": "list of texts",
    "time": "time",
    "span": "duration",
    "whole": "whole number",
    "flag": "true or false",
}


def table() -> str:
    """The whole table in Markdown: each variable once, with the rules that know it."""
    every = {name: each for variables in USES.values() for name, each in variables.items()}
    head = ["| Variable | Type | In | Meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *(row(name, each) for name, each in every.items()), *groups()])


def row(name: str, variable: Variable) -> str:
    return f"| `{name}` | {_TYPES[variable.kind]} | {used(name)} | {variable.meaning} |"


def used(name: str) -> str:
    """The uses that know a variable; `all` for what every one knows."""
    found = [f"`{use}`" for use, variables in USES.items() if name in variables]
    return "all" if len(found) == len(USES) else ", ".join(found)


def groups() -> Iterator[str]:
    """What is asked of groups, which has no value of its own."""
    people = {name.partition(".")[0] for variables in USES.values() for name in variables} - {"request"}
    for of in sorted(people, reverse=True):
        meaning = "they are in this group, of the policy or the directory; it is asked in no other form"
        yield f'| `"group:NAME" in {of}.groups` | true or false | {used(f"{of}.principal")} | {meaning} |'


if __name__ == "__main__":
    sys.exit(PART.write(table(), sys.argv[1:]))
