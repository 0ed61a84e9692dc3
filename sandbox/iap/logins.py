"""Google's side of a sign-in: clients, and the codes that a browser carries from Google to a client."""

import base64
import hashlib
import re
import secrets
import threading
from collections.abc import Callable
from typing import Literal

from sandbox.iap.accounts import Account
from sandbox.world import Record

_PATIENCE = 60
"""Seconds that a code may be on its way."""

_LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\]):[0-9]{1,5}(/[^#]*)?")


class Client(Record, frozen=True):
    """An OAuth client. The number that its id begins with is that of its project."""

    id: str
    secret: str
    kind: Literal["web", "desktop"] = "desktop"
    redirect: str = ""

    @property
    def project(self) -> str:
        """The project's number."""
        return self.id.partition("-")[0]

    def may_return_to(self, url: str) -> bool:
        """Whether a code may be sent there: a web client's one address, a desktop client's any loopback one."""
        return url == self.redirect if self.kind == "web" else bool(_LOOPBACK.fullmatch(url))


class Asked(Record, frozen=True):
    """What a client asks a browser to fetch for it (RFC 6749, section 4.1.1; RFC 7636)."""

    client: str
    redirect: str
    scopes: frozenset[str]
    state: str = ""
    challenge: str = ""
    method: str = "plain"


class Code(Record, frozen=True):
    """A code, and what it is worth."""

    account: Account
    asked: Asked
    until: float


class Codes:
    """Codes that nobody has used yet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, Code] = {}

    def give(self, account: Account, asked: Asked) -> str:
        """Make a code for a client, for one use."""
        code = f"4/0{secrets.token_urlsafe(30)}"
        with self._lock:
            self._held[code] = Code(account=account, asked=asked, until=self._clock() + _PATIENCE)
        return code

    def take(self, code: str) -> Code | None:
        """What a code is worth, once."""
        with self._lock:
            held = self._held.pop(code, None)
        return held if held and held.until > self._clock() else None


def proves(verifier: str, asked: Asked) -> bool:
    """Whether a verifier is the one whose challenge the browser brought."""
    if asked.method != "S256":
        return verifier == asked.challenge
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode().rstrip("=") == asked.challenge
