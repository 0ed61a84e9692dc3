"""Typed text: plain marks for smart ones, quotations, and where a line is cut in two."""

from collections.abc import Iterable
from typing import Protocol

from countersign_client.patterns import Pattern

_QUOTED = Pattern(r"\"[^\"]*\"")
# What keyboards and word processors put in the place of plain marks, one sign for one: positions stay.
_PLAIN = str.maketrans(
    dict.fromkeys("“”„‟«»＂", '"') | dict.fromkeys("‘’‚‛‹›＇", "'") | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
)


class Span(Protocol):
    """A part of a text, as a match gives it."""

    def start(self) -> int: ...

    def end(self) -> int: ...


def plainly(text: str) -> str:
    """Write plain quotes, dashes and blanks for smart ones, as names, ids and durations are read."""
    return " ".join(text.translate(_PLAIN).split())


def unquoted(text: str) -> str:
    """Take one pair of quotes away, straight or smart."""
    text = text.strip()
    first, last = text[:1].translate(_PLAIN), text[-1:].translate(_PLAIN)
    if len(text) >= 2 and first == last and first in "\"'`":
        return text[1:-1].strip()
    return text


def cut(text: str, at: Pattern, *, last: bool) -> tuple[str, str]:
    """Cut a text at the first or last match that no quotation holds; the second half is empty where none is."""
    plain = text.translate(_PLAIN)
    found = unquoted_ones(at.finditer(plain), _QUOTED.finditer(plain))
    if not found:
        return text, ""
    cut = found[-1] if last else found[0]
    return text[: cut.start()], text[cut.end() :]


def unquoted_ones(found: Iterable[Span], quoted: Iterable[Span]) -> list[Span]:
    """Return what does not begin inside a quotation. Both come in order, and each is looked at once."""
    quotations = iter(quoted)
    quotation = next(quotations, None)
    kept: list[Span] = []
    for match in found:
        while quotation is not None and quotation.end() <= match.start():
            quotation = next(quotations, None)
        if quotation is None or match.start() < quotation.start():
            kept.append(match)
    return kept
