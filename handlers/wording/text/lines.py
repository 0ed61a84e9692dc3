"""A line of wording: words of ours and of the policy, moments, names to be shown as code, and typed text."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

_SECONDS_MATTER = timedelta(minutes=10)


class Code(msgspec.Struct, frozen=True):
    """A name that is shown letter by letter: an id, a role."""

    text: str


class Quoted(msgspec.Struct, frozen=True):
    """Something that a person typed. A channel shows it where no markup is read."""

    text: str


class Value(msgspec.Struct, frozen=True):
    """A text of a line that a digest covers, made visible already: it is shown as it is, sign by sign."""

    text: str


class Laid(msgspec.Struct, frozen=True):
    """The same over several lines: `rows` has the signs of `text`, with breaks and blanks of ours between."""

    text: str
    rows: str


class Ticket(msgspec.Struct, frozen=True):
    """A word that a person typed and that the policy takes for a ticket, with the policy's address for it."""

    text: str
    url: str


class Strong(msgspec.Struct, frozen=True):
    """Words of ours that stand out."""

    text: str


class Link(msgspec.Struct, frozen=True):
    """Words of ours that lead to an address of ours."""

    text: str
    url: str


class Exact(msgspec.Struct, frozen=True):
    """A moment that is shown with its seconds."""

    at: datetime


Part = str | datetime | Exact | Code | Quoted | Value | Laid | Ticket | Strong | Link
Line = tuple[Part, ...]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is so, under a label."""

    label: str
    value: Line


def plain(line: Line) -> str:
    """Write a line without any markup, moments in UTC."""
    return "".join(_plain(part) for part in line)


def _plain(part: Part) -> str:
    if isinstance(part, datetime):
        return f"{part:%Y-%m-%d %H:%M} UTC"
    if isinstance(part, Exact):
        return f"{part.at:%Y-%m-%d %H:%M:%S} UTC"
    return part if isinstance(part, str) else part.text


def coded(text: str) -> Line:
    """A sentence in which what stands between backticks is code, where that can be shown."""
    parts = [Code(each) if at % 2 else each for at, each in enumerate(text.split("`"))]
    return tuple(part for part in parts if part)


def unlaid(fact: Fact) -> Fact:
    """The same without any layout, which takes more room."""
    parts = (Value(each.text) if isinstance(each, Laid) else each for each in fact.value)
    return Fact(label=fact.label, value=tuple(parts))


def joined(lines: Iterable[Line], glue: str) -> Line:
    """Put several lines onto one, with something between them."""
    parts: list[Part] = []
    for line in lines:
        parts += (glue, *line) if parts else line
    return tuple(parts)


def span(start: datetime, end: datetime) -> tuple[Part, Part]:
    """Say two moments, with their seconds where only few minutes lie between."""
    return (start, end) if end - start >= _SECONDS_MATTER else (Exact(start), Exact(end))


def names(people: tuple[str, ...]) -> str:
    """Say several people: `a@x, b@x and c@x`. An operator at the machine (`os:NAME`) is an administrator."""
    said = [f"an administrator ({who.removeprefix('os:')})" if who.startswith("os:") else who for who in people]
    return series(said)


def series(said: Sequence[str]) -> str:
    """Put texts beside each other: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(said[:-1]), *said[-1:])))
