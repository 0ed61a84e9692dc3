"""A line of wording: words of ours and of the policy, moments, names to be shown as code, and typed text."""

from datetime import datetime

import msgspec


class Code(msgspec.Struct, frozen=True):
    """A name that is shown letter by letter: an id, a role."""

    text: str


class Quoted(msgspec.Struct, frozen=True):
    """Something that a person typed. A channel shows it where no markup is read."""

    text: str


Part = str | datetime | Code | Quoted
Line = tuple[Part, ...]


def plain(line: Line) -> str:
    """Write a line without any markup, moments in UTC."""
    return "".join(_plain(part) for part in line)


def _plain(part: Part) -> str:
    if isinstance(part, datetime):
        return f"{part:%Y-%m-%d %H:%M} UTC"
    return part if isinstance(part, str) else part.text


def names(people: tuple[str, ...]) -> str:
    """Say several people: `a@x, b@x and c@x`."""
    return " and ".join(filter(None, (", ".join(people[:-1]), *people[-1:])))
