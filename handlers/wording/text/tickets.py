"""Tickets in typed text: the only words of it that may become links, and only to the policy's own address."""

from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

from approvals.cel import matches_fully
from approvals.policy.reading.tickets import TICKET
from approvals.policy.tickets import Tickets
from countersign_client.patterns import Pattern
from handlers.wording.text.lines import Line, Quoted, Ticket, plain

LINKS = 10
"""Links of one text."""

LENGTH = 40
"""A ticket in characters."""

_TRIED = 100
"""Words of one text that are held against the pattern: each costs about a tenth of a millisecond."""

_WORD = Pattern(r"\S+")
_AROUND = "()[]{}<>\"'`.,;:!?…“”„‟«»‹›‘’‚、。（）「」"
# Signs of which no address is made other than the policy's, even where a server decodes before it looks: no
# slash, no sign of a query, and a step of the path is never dots alone. Letters are those of ASCII, so that what
# is read is what is opened.
_TICKET = Pattern(r"(?=[^0-9]*[0-9])#?[A-Za-z0-9](?:[A-Za-z0-9._#-]*[A-Za-z0-9])?")


def linked(text: str, rule: Tickets | None) -> Line:
    """Return a typed text, cleaned, in its parts: the tickets in it as links, the rest as it was typed."""
    if rule is None:
        return (Quoted(text),) if text else ()
    parts: list[Quoted | Ticket] = []
    done = 0
    for start, end in islice(_tickets(text, rule.pattern), LINKS):
        ticket = text[start:end]
        parts += [Quoted(text[done:start]), Ticket(ticket, _address(rule.url, ticket))]
        done = end
    return tuple(part for part in (*parts, Quoted(text[done:])) if part.text)


def unlinked(line: Line) -> Line:
    """Return the same words without links."""
    return linked(plain(line), None)


def _tickets(text: str, pattern: str) -> Iterator[tuple[int, int]]:
    """Say where tickets begin and end, in the order of the text."""
    likely = ((start, end) for start, end in _words(text) if _may_be(text[start:end]))
    return ((start, end) for start, end in islice(likely, _TRIED) if matches_fully(pattern, text[start:end]))


def _words(text: str) -> Iterator[tuple[int, int]]:
    """Say where words begin and end, without the punctuation around them."""
    for word in _WORD.finditer(text):
        start = word.end() - len(word[0].lstrip(_AROUND))
        yield start, start + len(word[0].strip(_AROUND))


def _may_be(word: str) -> bool:
    return len(word) <= LENGTH and _TICKET.fullmatch(word) is not None


def _address(url: str, ticket: str) -> str:
    return url.replace(TICKET, quote(ticket, safe=""))
