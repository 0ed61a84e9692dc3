"""The section `tickets`: what a ticket looks like, and the address that each has."""

import re
from collections.abc import Iterator

import yaml

from approvals.cel import matches_fully
from approvals.policy.reading.addresses import misplaced
from approvals.policy.reading.document import Reader
from approvals.policy.reading.keys import TICKETS
from approvals.policy.reading.values import pattern
from approvals.policy.tickets import Tickets
from countersign_client.patterns import Pattern

TICKET = "{ticket}"
"""Where an address takes the ticket."""

URL_LENGTH = 200
"""An address in characters, before a ticket stands in it: a card may hold several."""

URL = r"https://[a-z0-9.-]+(?::[1-9][0-9]*)?/[^\s#{}]*\{ticket\}[^\s#{}]*"
"""An address as editors know it; what is refused beyond that, `tickets` says."""

# RFC 3986, without a place for brackets: they are for hosts that are numbers of IPv6.
_LETTERS = Pattern(r"(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2}|\{ticket\})*")
_STEP = Pattern(r"/(?:\.|%2e){1,2}(?=[/?#]|$)", re.IGNORECASE)


def tickets(reader: Reader, node: yaml.Node) -> Tickets | None:
    """Read the section. Whatever is wrong in it, no word of a reason is a link then."""
    found = reader.mapping(node, "tickets", TICKETS)
    if found is None:
        return None
    whole = reader.required(node, found, "tickets", *TICKETS.required)
    wanted = _pattern(reader, found["pattern"]) if "pattern" in found else None
    url = _url(reader, found["url"]) if "url" in found else None
    return Tickets(pattern=wanted, url=url) if whole and wanted is not None and url is not None else None


def _pattern(reader: Reader, node: yaml.Node) -> str | None:
    wanted = pattern(reader, node)
    if wanted is not None and matches_fully(wanted, ""):
        reader.refuse(node, "bad-pattern", "tickets.pattern also matches where nothing stands; write what must")
        return None
    return wanted


def _url(reader: Reader, node: yaml.Node) -> str | None:
    url = reader.string(node, "tickets.url")
    if url is None:
        return None
    wrong = [*_mistakes(url)]
    for text in wrong:
        reader.refuse(node, "bad-url", f"tickets.url {text}")
    return None if wrong else url


def _mistakes(url: str) -> Iterator[str]:
    """Whatever keeps an address from being one host's, wherever a ticket stands in it."""
    if len(url) > URL_LENGTH:
        yield f"has more than {URL_LENGTH} characters"
    if url.count(TICKET) != 1:
        yield f"must have {TICKET} exactly once"
    if not _LETTERS.fullmatch(url):
        yield "has a sign that no address has: percent-encode it, and write no other braces than those of {ticket}"
    if not url.startswith("https://"):
        yield "must start with https://"
        return
    place, *rest = re.split("(?=[/?#])", url.removeprefix("https://"), maxsplit=1)
    yield from _misplaced(place)
    yield from _misled("".join(rest))


def _misplaced(place: str) -> Iterator[str]:
    """What is wrong with the host."""
    if TICKET in place:
        yield f"has {TICKET} in its host: a ticket stands in the path or the query, so that nobody types a host"
    else:
        yield from misplaced(place)


def _misled(rest: str) -> Iterator[str]:
    """What is wrong with path and query."""
    if not rest.startswith("/"):
        yield "needs a / after its host"
    if "#" in rest:
        yield "has a #, behind which nothing may stand: write path and query alone"
    if _STEP.search(rest.partition("?")[0]):
        yield "has . or .. as a step of its path"
