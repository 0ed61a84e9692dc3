"""Canonical JSON laid out over several lines for people, by line breaks and blanks between its signs alone.

What is laid out was made visible before (`countersign_client.visible`), so that it has no line break of its own:
every one is ours, and a text is broken behind the `\\n` that stands in it. Each sign is left, in its order.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from countersign_client.patterns import Pattern
from countersign_client.tools import read

WIDTH = 72
"""Columns of a line, where it can be broken."""

_DEEPEST = 8  # steps: what lies deeper is not indented further
_STEP = "  "
_TOKEN = Pattern(r'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"]+')
_ESCAPED = Pattern(r"\\(?:(n(?! ))|.)")
_CLOSING = {"[": "]", "{": "}"}


class _Nested(msgspec.Struct, frozen=True):
    """An array, or an object, whose entries have names."""

    opening: str
    entries: "tuple[tuple[str, _Node], ...]"


_Node = str | _Nested


def laid(text: str, value: str) -> str:
    """What is shown of a value over several lines; as it is where one will do, or where it is no JSON."""
    found: Any = read(value)
    if found is value or not isinstance(found, list | dict | str):
        return text
    try:
        rows = _rows(_node(deque(_TOKEN.findall(text))))
    except RecursionError:
        return text
    return "\n".join(rows) if len(rows) > 1 else text


def _node(tokens: "deque[str]") -> _Node:
    first = tokens.popleft()
    if first not in _CLOSING:
        return first
    entries = list[tuple[str, _Node]]()
    while (sign := tokens.popleft()) != _CLOSING[first]:
        if sign == ",":
            continue
        tokens.appendleft(sign)
        entries.append((_name(tokens) if first == "{" else "", _node(tokens)))
    return _Nested(first, tuple(entries))


def _name(tokens: "deque[str]") -> str:
    return f"{tokens.popleft()}{tokens.popleft()} "


def _flat(node: _Node) -> str:
    """All of it on one line."""
    if isinstance(node, str):
        return node
    inside = ", ".join(name + _flat(each) for name, each in node.entries)
    return f"{node.opening}{inside}{_CLOSING[node.opening]}"


def _rows(node: _Node, name: str = "", depth: int = 0) -> Sequence[str]:
    pad = _STEP * min(depth, _DEEPEST)
    flat = f"{pad}{name}{_flat(node)}"
    if not _breaks(node) and (len(flat) <= WIDTH or isinstance(node, str)):
        return [flat]
    if isinstance(node, str):
        first, *rest = _pieces(node)
        return [f"{pad}{name}{first}", *(f"{pad}{_STEP * 2}{each}" for each in rest)]
    inside = _filled(node, pad + _STEP) if _plain(node) else _each(node, depth + 1)
    return [f"{pad}{name}{node.opening}", *inside, f"{pad}{_CLOSING[node.opening]}"]


def _each(node: _Nested, depth: int) -> Iterator[str]:
    """An entry after the other, each on rows of its own."""
    for number, (name, each) in enumerate(node.entries, start=1):
        *rows, last = _rows(each, name, depth)
        yield from rows
        yield last + "," * (number < len(node.entries))


def _filled(node: _Nested, pad: str) -> Iterator[str]:
    """As many entries on a row as there is room for."""
    row = ""
    for number, (_, each) in enumerate(node.entries, start=1):
        word = _flat(each) + "," * (number < len(node.entries))
        if row and len(f"{pad}{row} {word}") > WIDTH:
            yield pad + row
            row = ""
        row = f"{row} {word}" if row else word
    yield pad + row


def _plain(node: _Nested) -> bool:
    """A list of values that nothing is in."""
    return node.opening == "[" and all(isinstance(each, str) for _, each in node.entries) and not _breaks(node)


def _breaks(node: _Node) -> bool:
    """Whether a text in it has lines."""
    if isinstance(node, str):
        return len(_pieces(node)) > 1
    return any(_breaks(each) for _, each in node.entries)


def _pieces(text: str) -> Sequence[str]:
    """A text's lines, each with the `\\n` that ends it. They are parted at a sign that nothing visible has.

    One that begins with a blank is not parted: nobody could tell that from ours.
    """
    *lines, last = _ESCAPED.sub(lambda found: found[0] + "\0" * (found[1] is not None), text).split("\0")
    return [*lines[:-1], lines[-1] + last] if lines and last == '"' else [*lines, last]
