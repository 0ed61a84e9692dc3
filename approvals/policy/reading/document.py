"""A policy file as nodes with positions, and the problems found in it."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Literal, final

import msgspec
import yaml

from approvals.nearest import nearest
from approvals.policy.reading.keys import Keys
from approvals.policy.reading.mistakes import comment_text, swallowed
from approvals.refusals.errors import CountersignError

BAD = "!refused"
"""The tag of a node in whose place something refused stood, which has been said."""

_STRING = "tag:yaml.org,2002:str"
_BOOLEAN = "tag:yaml.org,2002:bool"
_INTEGER = "tag:yaml.org,2002:int"
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,8}")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, at a position counted from 1. A warning does not keep a policy from being used."""

    path: str
    line: int
    col: int
    code: str
    text: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        kind = "warning: " if self.severity == "warning" else ""
        return f"{self.path}:{self.line}:{self.col}: {self.code}: {kind}{self.text}"


def problem_at(node: yaml.Node, source: str, code: str, text: str, *, warning: bool = False) -> Problem:
    """Say what is wrong where a node begins."""
    mark = node.start_mark
    return Problem(
        path=source,
        line=mark.line + 1,
        col=mark.column + 1,
        code=code,
        text=text,
        severity="warning" if warning else "error",
    )


class PolicyError(CountersignError):
    """A policy file cannot be used. `problems` holds everything that is wrong, in order of position."""

    def __init__(self, problems: Collection[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def shown(text: str) -> str:
    """Quote a piece of the file for a message: short, and without anything unprintable."""
    cut = text if len(text) <= 60 else text[:57] + "..."
    return "“" + "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in cut) + "”"


@final
class Reader:
    """Reads typed values out of nodes. What is wrong is noted with its position, and reads as None."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._problems: list[Problem] = []

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong so far, in order of position."""
        return tuple(sorted(self._problems, key=lambda problem: (problem.line, problem.col)))

    def refuse(self, node: yaml.Node, code: str, text: str, *, ahead: int = 0) -> None:
        """Note a problem at a node, or `ahead` columns into it."""
        self.refuse_at(node.start_mark, code, text, ahead=ahead)

    def refuse_at(self, mark: Any, code: str, text: str, *, ahead: int = 0) -> None:
        """Note a problem at one of PyYAML's marks, which count from 0."""
        line, col = (mark.line + 1, mark.column + 1 + ahead) if mark else (1, 1)
        self._problems.append(Problem(path=self._source, line=line, col=col, code=code, text=text))

    def mapping(self, node: yaml.Node, what: str, keys: Keys) -> dict[str, yaml.Node] | None:
        """Read a mapping whose keys are all known. Keys of later versions are refused by name."""
        entries = self.entries(node, what)
        if entries is None:
            return None
        found: dict[str, yaml.Node] = {}
        for key, (key_node, value) in entries.items():
            if key in keys.known:
                found[key] = value
            elif key in keys.later:
                self.refuse(key_node, "not-in-this-version", f"{shown(key)} is not in this version")
            elif key in keys.foreign:
                self.refuse(key_node, "foreign-key", f"{shown(key)} is for entitlements, and not for {what}")
            else:
                instead = keys.elsewhere.get(key) or meant_by(key, keys.known)
                self.refuse(key_node, "unknown-key", f"{what} knows no key {shown(key)}; {instead}")
        return found

    def entries(self, node: yaml.Node, what: str) -> dict[str, tuple[yaml.Node, yaml.Node]] | None:
        """Read a mapping of any text keys to (key node, value node)."""
        if not isinstance(node, yaml.MappingNode):
            self._wrong(node, f"{what} must be a mapping of keys to values")
            return None
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, value in node.value:
            key = self.string(key_node, f"a key of {what}")
            if key is None:
                continue
            if key in found:
                first = found[key][0].start_mark.line + 1
                self.refuse(key_node, "duplicate-key", f"{shown(key)} is set already on line {first}")
            else:
                found[key] = (key_node, value)
        return found

    def required(self, node: yaml.Node, found: Mapping[str, yaml.Node], what: str, *keys: str) -> bool:
        """Note each key that is missing, at the mapping itself; say whether none is."""
        missing = [key for key in keys if key not in found]
        for key in missing:
            self.refuse(node, "missing-key", f"{what} needs {shown(key)}")
        return not missing

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node] | None:
        """Read a list."""
        if not isinstance(node, yaml.SequenceNode):
            self._wrong(node, f"{what} must be a list")
            return None
        return list(node.value)

    def string(self, node: yaml.Node, what: str) -> str | None:
        """Read a text. Numbers, dates and on or off must stand in quotes."""
        if isinstance(node, yaml.ScalarNode) and node.tag == _STRING:
            return str(node.value)
        self._wrong(node, f"{what} must be a text{_quote_hint(node)}")
        return None

    def integer(self, node: yaml.Node, what: str) -> int | None:
        """Read a decimal whole number, not negative."""
        if isinstance(node, yaml.ScalarNode) and node.tag == _INTEGER and _DECIMAL.fullmatch(node.value):
            return int(node.value)
        self._wrong(node, f"{what} must be a whole number such as 1")
        return None

    def boolean(self, node: yaml.Node, what: str) -> bool | None:
        """Read true or false."""
        if isinstance(node, yaml.ScalarNode) and node.tag == _BOOLEAN and node.value in {"true", "false"}:
            return bool(node.value == "true")
        self._wrong(node, f"{what} must be true or false, without quotes")
        return None

    def _wrong(self, node: yaml.Node, text: str) -> None:
        if node.tag != BAD:
            self.refuse(node, "wrong-type", text)


def is_number(node: yaml.Node) -> bool:
    """Say whether YAML takes the value for a number (`90`, `1:30`)."""
    return node.tag in {_INTEGER, "tag:yaml.org,2002:float"}


def _quote_hint(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return ""
    if node.value:
        return "; put it in quotes"
    comment = swallowed(_line_of(node))
    return f"; {comment_text(comment)}" if comment else ""


def _line_of(node: yaml.Node) -> str:
    """The line of the file on which a node begins, as far as the parser still holds it."""
    mark: Any = node.start_mark
    buffer = str(mark.buffer or "").rstrip("\0")
    start = buffer.rfind("\n", 0, mark.pointer) + 1
    return buffer[start:].partition("\n")[0]


def meant_by(name: str, known: Collection[str]) -> str:
    """Say which known name is meant by one that is not known, or else what is known."""
    near = nearest(name.lower(), known)
    return f"did you mean {shown(near)}?" if near else "there are " + ", ".join(sorted(known))
