"""Issuers of OpenID Connect in the policy: what they publish of themselves, and their keys (Discovery 1.0).

Each is by itself: one that is slow or dead holds up its own tokens alone.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from approvals.policy.parties import Issuer
from countersign_client.jwks import algorithm, verifying
from countersign_client.jws import PublicKey
from countersign_client.objects import of as object_of
from handlers.identity.keys import FRESH, PublishedSet

TENANT = "{tenantid}"
"""What stands for a tenant in the issuer of many tenants of Entra, in its metadata and in its keys."""

MOST_WAITING = 2
"""Calls that wait for the keys of one issuer at a time, while there are none."""

_OK = 200
_DISCOVERY = "/.well-known/openid-configuration"
_VERSION_1 = "https://sts.windows.net/"
_HOME_OF_VERSION_1 = "https://login.microsoftonline.com/"
_JSON = {"Accept": "application/json"}


class IssuerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key, its one algorithm, and which issuer's tokens it signs where its set is for several (Entra)."""

    public: PublicKey
    algorithm: str
    issuer: str = ""


class Issuers:
    """The keys of every issuer, fetched when they are needed and kept."""

    def __init__(self, fetch: Callable[..., Any], *, clock: Callable[[], datetime]) -> None:
        """`fetch` calls what others name: `Outside.fetch`."""
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, ...], _Published] = {}

    def find(self, issuer: Issuer, kid: str) -> IssuerKey | None:
        """The issuer's key of this id, None where it has none. Raises `Unavailable` where no keys can be had."""
        return self._of(issuer).keys.find(kid)

    def _of(self, issuer: Issuer) -> "_Published":
        named = (issuer.issuer, issuer.kind, *issuer.networks)
        with self._lock:
            if named not in self._known:
                self._known[named] = _Published(issuer, self._fetch, self._clock)
            return self._known[named]


class _Published:
    """What one issuer publishes."""

    def __init__(self, issuer: Issuer, fetch: Callable[..., Any], clock: Callable[[], datetime]) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._jwks_uri = ""
        self._read: datetime | None = None
        self.keys = PublishedSet[IssuerKey](
            issuer.issuer, send=self._send, usable=_usable, clock=clock, most=MOST_WAITING
        )

    def _send(self, method: str, _: str, *, timeout: float, headers: Mapping[str, str]) -> Any:
        """Ask for the keys, where the issuer says that they are, within one deadline.

        Raises `Unavailable`, or `ValueError` for an issuer that says of itself that it is another one.
        """
        end = time.monotonic() + timeout
        if self._read is None or abs(self._clock() - self._read) > FRESH:
            self._discover(timeout=timeout)
        return self._call(self._jwks_uri, timeout=max(end - time.monotonic(), 0))

    def _discover(self, *, timeout: float) -> None:
        answer = self._call(metadata_url(self._issuer), timeout=timeout)
        told = object_of(answer.body) if answer.status == _OK else None
        if told is None or told.get("issuer") != self._issuer.issuer:
            raise ValueError("its metadata are none, or those of another issuer than the policy lists")
        # One that is no address is refused where it is called.
        self._jwks_uri, self._read = str(told.get("jwks_uri")), self._clock()

    def _call(self, url: str, *, timeout: float) -> Any:
        """A private network, and a port, that the policy lists are those of the issuer's own host."""
        own, called = urlsplit(self._issuer.issuer), urlsplit(url)
        if called.hostname != own.hostname:
            return self._fetch("GET", url, headers=_JSON, timeout=timeout)
        ports = (own.port,) if own.port else ()
        return self._fetch("GET", url, headers=_JSON, timeout=timeout, networks=self._issuer.networks, ports=ports)


def metadata_url(issuer: Issuer) -> str:
    """Where an issuer's metadata are. Those of many tenants of Entra, and of its version 1, stand elsewhere."""
    where = issuer.issuer.replace(TENANT, "common") if issuer.kind == "entra" else issuer.issuer
    if issuer.kind == "entra" and where.startswith(_VERSION_1):
        where = _HOME_OF_VERSION_1 + where.removeprefix(_VERSION_1)
    return where.rstrip("/") + _DISCOVERY


def is_by(issuer: Issuer, iss: str) -> bool:
    """Whether a token that names this issuer is one of the policy's issuer, of whichever tenant it is."""
    if issuer.kind == "google":
        # Google's own tokens have been issued under both ("Validating an ID token").
        return iss in (issuer.issuer, issuer.issuer.removeprefix("https://"))
    if issuer.kind != "entra" or TENANT not in issuer.issuer:
        return iss == issuer.issuer
    before, _, after = issuer.issuer.partition(TENANT)
    return re.fullmatch(rf"{re.escape(before)}{GUID}{re.escape(after)}", iss) is not None


GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def _usable(jwk: Mapping[str, Any]) -> IssuerKey:
    """A key that may verify. An RSA key verifies RS256, unless it says that it is for PS256."""
    named = jwk.get("issuer", "")
    if not isinstance(named, str):
        raise ValueError("an issuer that is no text")  # noqa: TRY004 - as for all that is wrong with a key
    if (jwk.get("kty"), jwk.get("alg")) == ("RSA", "PS256"):
        key = verifying({name: value for name, value in jwk.items() if name != "alg"})
        return IssuerKey(public=key, algorithm="PS256", issuer=named)
    key = verifying(jwk)
    return IssuerKey(public=key, algorithm=algorithm(key), issuer=named)
