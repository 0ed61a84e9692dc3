"""Tools that agents call: how a call of one is named, what of it is digested, and how its arguments are written.

An argument is written as one text. A text stands as it is, where no JSON text reads like it; everything else, and
such a text, as canonical JSON (RFC 8785). So two arguments that differ are never written alike.
"""

import json
from collections.abc import Mapping
from typing import Any

from countersign_client.canonical import canonical, digest
from countersign_client.patterns import Pattern

SERVER, NAME, DEFINITION = "tool.server", "tool.name", "tool.definition"
"""What a call of a tool is, as parameters of an action. No action's own parameter has a point in its name."""

ARGUMENT = "arguments."
"""How the name of the parameter begins that stands for an argument; its own name follows."""

LARGEST = 8 * 1024
"""Bytes of all arguments as canonical JSON: people are shown all of them."""

SERVER_NAME = r"[A-Za-z0-9._-]{1,64}"
TOOL_NAME = r"[!-)+-~]{1,128}"
"""Printable ASCII without blanks and stars: what MCP lets a tool be called, and more than that."""

DIGEST = r"sha256:[0-9a-f]{64}"

_HIDDEN = Pattern(r"[\x00-\x1f\x7f]")


def definition_digest(definition: Mapping[str, Any]) -> str:
    """The digest of a tool's definition as its server lists it (MCP, tools/list), all of it but `_meta`.

    Raises `rfc8785.CanonicalizationError` for what canonical JSON cannot carry.
    """
    return digest({name: value for name, value in definition.items() if name != "_meta"})


def exact(value: Any) -> str:
    """The canonical JSON of a value that is the same one wherever it is read.

    Raises `ValueError` (`rfc8785.CanonicalizationError` is one) of what that cannot carry, such as a whole number
    of 2**53 or more, however it was written; or `RecursionError`.
    """
    text = canonical(value).decode()
    canonical(json.loads(text))
    return text


def written(value: Any) -> str:
    """The one text of an argument. Raises what `exact` does."""
    if (
        isinstance(value, str)
        and value == value.strip() != ""
        and not _HIDDEN.search(value)
        and not _is_json(value)
    ):
        # Half of a character is refused here as everywhere.
        canonical(value)
        return value
    return exact(value)


def read(text: str) -> Any:
    """The argument that is written so."""
    try:
        return json.loads(text, parse_constant=_none)
    except (ValueError, RecursionError):
        return text


def fits(pattern: str, name: str) -> bool:
    """Whether a tool's name fits a pattern, in which a star stands for anything or nothing."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == first
    last, place = rest.pop(), len(first)
    if not name.startswith(first):
        return False
    for part in rest:
        found = name.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(name) - len(last) >= place and name.endswith(last)


def overlap(one: str, other: str) -> bool:
    """Whether there is a name that fits both patterns."""
    # `reached` are the places in `other` that some name can have come to, which fits `one` so far.
    reached = _past({0}, other)
    for sign in one:
        if sign == "*":
            # Anything: every place from the first one on.
            reached = set(range(min(reached), len(other) + 1)) if reached else set()
            continue
        moved = {place for place in reached if other[place : place + 1] == "*"}
        moved |= {place + 1 for place in reached if other[place : place + 1] == sign}
        reached = _past(moved, other)
    return len(other) in reached


def _past(places: set[int], pattern: str) -> set[int]:
    """The same places, and those behind stars that stand for nothing."""
    found = set(places)
    for place in sorted(places):
        while pattern[place : place + 1] == "*":
            place += 1  # noqa: PLW2901 - how far the stars go
            found.add(place)
    return found


def _is_json(text: str) -> bool:
    return read(text) is not text


def _none(text: str) -> None:
    raise ValueError(f"{text} is no JSON")
