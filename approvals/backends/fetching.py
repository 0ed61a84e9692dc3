"""The one way to addresses that the policy, or what it leads to, names: webhooks, issuers, and their keys.

Nothing is called but https, at a name, whose every address is looked at between the look-up and the connection
that is made to it. No redirect is followed, no proxy of the environment is used, and no more than 64 kB of an
answer are held, as they are, until one deadline for all of it (ADR 60).
"""

import re
from collections.abc import Collection, Mapping, Sequence

from approvals.backends import addresses
from approvals.refusals.errors import Unavailable
from countersign_client import calls
from countersign_client.calls import Response
from countersign_client.patterns import Pattern
from countersign_client.streams import Vet

LARGEST = 64 * 1024
"""Bytes of an answer's body."""

PATIENCE = 3.0
"""Seconds for a call and its whole answer. A webhook's receiver has `PATIENCE_OF_WEBHOOKS`."""

PATIENCE_OF_WEBHOOKS = 15.0

HTTPS = 443
_LONGEST = 2048
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# A last label of letters alone: no number can be a name, however it is spelt.
_NAME = rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?"
# A port, and what RFC 3986 has in paths and queries; no fragment.
_REST = r"(?::(?P<port>[1-9][0-9]{0,4}))?(?:/[!$%-;=@-Z_a-z~]*)?(?:\?[!$%-;=?-Z_a-z~]*)?"
_URL = Pattern(rf"https://(?P<host>{_NAME}){_REST}")
_HERE = Pattern(rf"https?://(?P<host>localhost|127\.0\.0\.1|\[::1\]){_REST}")
_LAST_PORT = 65535


class NotAllowed(Unavailable):
    """An address that is never called, whoever names it. The text says why; calling again changes nothing."""


class Fetcher:
    """Calls what others name. In a sandbox this machine may be called as well, and by plain http."""

    def __init__(self, *, sandbox: bool) -> None:
        self._sandbox = sandbox

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = PATIENCE,
        networks: Sequence[str] = (),
        ports: Collection[int] = (),
    ) -> Response:
        """Make one call. `networks` are private ones (CIDR) in which this URL's host may lie, `ports` those that
        it may name besides 443: the policy says both, of this host alone.

        Raises `NotAllowed`, or `Unavailable` where no whole answer came in time.
        """
        vet = self._require(url, networks, ports)
        try:
            answer = calls.send(method, url, timeout=timeout, headers=headers, body=body, vet=vet, largest=LARGEST)
        except calls.NoAnswer as error:
            if isinstance(error.__cause__, _Barred):
                raise NotAllowed(str(error.__cause__)) from error
            raise Unavailable(str(error)) from error
        if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Unavailable("the answer is compressed, which nobody asked for")
        return answer

    def _require(self, url: str, networks: Sequence[str], ports: Collection[int]) -> Vet:
        """Say which addresses this URL may lead to. Raises `NotAllowed` for what is no URL to call."""
        if self._sandbox and (here := _matched(_HERE, url)):
            return _here(here["host"])
        found = _matched(_URL, url)
        if found is None:
            raise NotAllowed("only https is called, at the name of a host, without a user and odd characters")
        port = int(found["port"] or HTTPS)
        if port not in {HTTPS, *ports}:
            raise NotAllowed(f"{found['host']} is called at port {HTTPS} alone, and not at {port}")
        return _elsewhere(found["host"], networks)


class _Barred(OSError):
    """An address to which no connection is made."""


def _matched(pattern: Pattern, url: str) -> re.Match[str] | None:
    found = pattern.fullmatch(url) if len(url) <= _LONGEST else None
    return found if found is None or int(found["port"] or HTTPS) <= _LAST_PORT else None


def _here(host: str) -> Vet:
    def vet(address: str) -> None:
        if not addresses.is_loopback(addresses.read(address)):
            raise _Barred(f"{host} has an address that is not this machine's")

    return vet


def _elsewhere(host: str, networks: Sequence[str]) -> Vet:
    def vet(address: str) -> None:
        try:
            allowed = addresses.is_allowed(addresses.read(address), networks)
        except ValueError:
            allowed = False
        if not allowed:
            raise _Barred(f"{host} has an address that is not public, and no network of the policy allows it")

    return vet
