"""Addresses of other programs, which this service calls: https, one host, nothing hidden in them.

Plain http leads to this machine alone, for a sandbox: outside of one the fetcher does not call there.
"""

import re
from collections.abc import Iterator

import yaml

from approvals.policy.reading.document import Reader
from countersign_client.patterns import Pattern

LENGTH = 500
"""Characters of an address."""

_HERE = r"http://(?:localhost|127\.0\.0\.1)"
ADDRESS = rf"(?:https://[a-z0-9.-]+|{_HERE})(?::[1-9][0-9]*)?(?:[/?][^\s#]*)?"
"""An address as editors know it; what is refused beyond that, `address` says."""

_SCHEME = Pattern(rf"https://|http://(?={_HERE.removeprefix('http://')}(?:[:/?#]|$))")
_SIGNS = Pattern(r"(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = Pattern(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]*(?:\Z|:)")
"""A full name: a number, however it is written, and a name of this network alone are called by nobody."""

_THIS_MACHINE = Pattern(r"(?:localhost|127\.0\.0\.1)(?::[0-9]+)?")
_HOST = Pattern(rf"(?:{_LABEL}\.)*{_LABEL}(?P<port>:[1-9][0-9]{{0,4}})?")


def address(
    reader: Reader, node: yaml.Node, what: str, *, query: bool = False, port: bool = False, blank: str = ""
) -> str | None:
    """Read the https address of a program, as the fetcher calls it; `query` and `port`: it may have one.

    `blank` may stand in it, and something else in its place.
    """
    value = reader.string(node, what)
    if value is None:
        return None
    wrong = [*_mistakes(value.replace(blank, "") if blank else value, query=query, port=port)]
    for text in wrong:
        reader.refuse(node, "bad-url", f"{what} {text}")
    return None if wrong else value


def host_of(url: str) -> str:
    """The host of an address that was read, without its port."""
    return re.split("[/:?]", _SCHEME.sub("", url, count=1), maxsplit=1)[0]


def misplaced(place: str) -> Iterator[str]:
    """What is wrong with the host, which is all between `https://` and the path."""
    if "@" in place:
        yield "names a user before its host"
        return
    host = _HOST.fullmatch(place)
    port = int(host["port"][1:]) if host and host["port"] else 443
    if host is None or len(place) > 253 or port > 65535:
        yield "has no host in small letters after https://, such as tickets.example.com"


def _mistakes(url: str, *, query: bool, port: bool) -> Iterator[str]:
    if len(url) > LENGTH:
        yield f"has more than {LENGTH} characters"
    scheme = _SCHEME.match(url)
    if scheme is None:
        yield "must start with https://"
        return
    place, *rest = re.split("(?=[/?#])", url[scheme.end() :], maxsplit=1)
    elsewhere = [*misplaced(place)]
    yield from elsewhere or _uncalled(place, port=port)
    behind = "".join(rest)
    if not _SIGNS.fullmatch(behind):
        yield "has a sign that no address has: percent-encode it"
    if "#" in behind:
        yield "has a #, behind which nothing may stand"
    if "?" in behind and not query:
        yield "has a query, which this address never has"


def _uncalled(place: str, *, port: bool) -> Iterator[str]:
    """Why a host is never called. This machine is, in a sandbox, of which no policy file knows."""
    if _THIS_MACHINE.fullmatch(place):
        return
    if not _NAME.match(place):
        yield "must name its host in full, such as hooks.example.com: no number and no short name is called"
    if not port and place.partition(":")[2] not in ("", "443"):
        yield "is called at port 443 alone"
