"""What people get wrong in YAML, in words: which line is off, and what to do about it."""

import re
from collections.abc import Sequence

import msgspec
import yaml

from countersign_client.patterns import Pattern

_SWALLOWED = Pattern(r"(?:[:,\[{]|(?<![^ ])-) *(#[\w-]{1,80})")
_INSIDE = "this colon stands inside a value: put the whole value in quotes"


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A place, counted from 0 as PyYAML does, and a sentence."""

    line: int
    column: int
    text: str


def mistake(error: yaml.MarkedYAMLError, text: str) -> Mistake:
    """Say what is probably meant by an error of PyYAML's, which speaks of tokens."""
    lines = [*text.splitlines(), ""]
    where, began = error.problem_mark, error.context_mark
    line, column = (where.line, where.column) if where else (0, 0)
    first = began.line if began else line
    for number in range(first, min(line, len(lines) - 1) + 1):
        if comment := swallowed(lines[number]):
            return Mistake(line=number, column=lines[number].index(comment), text=comment_text(comment))
    said = _told(str(error.problem), lines, line=line, column=column, began=began)
    return said or Mistake(line=line, column=column, text=f"this is no YAML: {error.problem}")


def swallowed(line: str) -> str:
    """The word that begins with # where a value should stand; empty where there is none."""
    found = _SWALLOWED.search(line)
    return found[1] if found else ""


def comment_text(comment: str) -> str:
    """Say why a value that begins with # is not there."""
    return f'# starts a comment, so the value is not read: put it in quotes, as "{comment}"'


def _told(
    problem: str, lines: Sequence[str], *, line: int, column: int, began: yaml.Mark | None
) -> Mistake | None:
    if problem == "mapping values are not allowed here":
        return _colon(lines, line, column)
    if problem.startswith("expected '<document start>'"):
        return _askew(lines, line)
    if problem.startswith("expected <block end>") and began is not None:
        return _unfit(problem, lines, line, column, began)
    if problem == "but found another document":
        return Mistake(line=line, column=column, text="a policy is one document: take this line out")
    if "that cannot start any token" in problem:
        return Mistake(line=line, column=column, text=_unstarted(lines[line][column : column + 1]))
    return _unended(problem, line, column, began) if began is not None else None


def _unstarted(letter: str) -> str:
    if letter == "\t":
        return "this line begins with a tab: YAML takes spaces only"
    return f"a value cannot begin with {letter}: put it in quotes"


def _colon(lines: Sequence[str], line: int, column: int) -> Mistake:
    """A colon where no key can be: on a line that is indented too deep, after half a line, or inside a value."""
    above = _above(lines, line)
    if re.search(r":\s", lines[line][:column]) or above is None:
        return Mistake(line=line, column=column, text=_INSIDE)
    if _start(lines[above]) != _start(lines[line]) and ":" in lines[above]:
        return _askew(lines, line)
    text = f"line {above + 1} has no colon, so this line goes on with it: write key: value on each"
    return Mistake(line=line, column=_indent(lines[line]), text=text)


def _unfit(problem: str, lines: Sequence[str], line: int, column: int, began: yaml.Mark) -> Mistake:
    """Something that is not the next entry of what began above it."""
    if column != _indent(lines[line]):
        return Mistake(
            line=line, column=column, text="more follows after the end of a value: put all of it in quotes"
        )
    if column == began.column or "'?'" in problem or problem.endswith("'-'"):
        kind, other = ("a list", "a key") if "'?'" in problem else ("keys", "an entry of a list")
        text = f"this is {other}, but {kind} began on line {began.line + 1} with the same indentation"
        return Mistake(line=line, column=column, text=f"{text}: check what it belongs to")
    return _askew(lines, line)


def _askew(lines: Sequence[str], line: int) -> Mistake:
    """A line that is indented like nothing above it."""
    here = _indent(lines[line])
    is_entry = lines[line].startswith("-", here)
    above = _above(lines, line, is_entry=is_entry)
    text = f"this line begins at column {here + 1}"
    if above is not None:
        there = _indent(lines[above]) if is_entry else _start(lines[above])
        text += f", and line {above + 1} above it at column {there + 1}"
    return Mistake(line=line, column=here, text=f"{text}: what belongs together begins at the same column")


def _unended(problem: str, line: int, column: int, began: yaml.Mark) -> Mistake | None:
    here = f"line {began.line + 1}, column {began.column + 1}"
    if problem.startswith(("expected ',' or ']'", "expected ',' or '}'")):
        end = problem[len("expected ',' or '")]
        return Mistake(
            line=line, column=column, text=f"a comma or {end} is missing: what began at {here} is still open"
        )
    if problem == "found unexpected end of stream":
        text = "the quotation mark here is never closed"
        return Mistake(line=began.line, column=began.column, text=text)
    if problem == "could not find expected ':'":
        return Mistake(
            line=began.line, column=began.column, text="there is no colon on this line: write key: value"
        )
    return None


def _above(lines: Sequence[str], line: int, *, is_entry: bool = False) -> int | None:
    """The nearest line above that says anything, or that is the entry of a list."""
    wanted = re.compile(r" *-" if is_entry else r"\s*[^\s#]")
    return next((number for number in range(line - 1, -1, -1) if wanted.match(lines[number])), None)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _start(line: str) -> int:
    """Where what a line says begins: in a list, behind the dashes."""
    return len(line) - len(re.sub(r"^ *(?:- +)*", "", line))
