"""Where a browser is sent to sign in, and comes back from with a code (OpenID Connect Core 1.0 section 3.1.2)."""

import base64
import hashlib
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from sandbox.oidc import pages
from sandbox.oidc.issuer import CLASSES
from sandbox.world import Person, Record

_PATIENCE = 60
_LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\]):[0-9]{1,5}(/[^#]*)?")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_ASKED = (
    *(
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "nonce",
        "acr_values",
        "max_age",
        "resource",
    ),
    *("code_challenge", "code_challenge_method"),
)


class SignedIn(Record, frozen=True):
    """Who signed in, how, when (seconds), and for whom."""

    person: Person
    client: str
    redirect: str
    challenge: str
    nonce: str
    resource: str
    acr: str
    at: float
    until: float
    claims: dict[str, Any]


class SignIn:
    """Signs everybody in who is chosen, and gives codes for it."""

    def __init__(self, people: Callable[[], Iterable[Person]], clock: Callable[[], float]) -> None:
        self._people = people
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, SignedIn] = {}

    def take(self, code: str) -> SignedIn | None:
        """What a code is worth, once."""
        with self._lock:
            held = self._codes.pop(code, None)
        return held if held and held.until > self._clock() else None

    def answer(self, given: Mapping[str, str], *, chosen: bool) -> Response:
        """Show whom one can be, or send the browser back."""
        if not _LOOPBACK.fullmatch(given.get("redirect_uri", "")) or not given.get("client_id"):
            return pages.problem("A client needs an id, and an address on this machine to come back to.")
        if error := _error(given):
            return _back(given, {"error": error})
        if not chosen and "login_hint" not in given:
            asked = {name: given[name] for name in _ASKED if name in given}
            return pages.choice(self._everybody(), classes=_classes(given), asked=asked)
        return self._signed_in(given)

    def _signed_in(self, given: Mapping[str, str]) -> Response:
        email = given.get("email") or given.get("login_hint", "")
        person = next((one for one in self._everybody() if one.email == email), None)
        if person is None:
            return pages.problem("There is nobody here with this address.")
        try:
            claims = _object(given.get("claims", ""))
            age = float(given.get("age") or 0)
        except ValueError:
            return pages.problem("Claims are a JSON object, and how long ago is a number of seconds.")
        if age > float(given.get("max_age") or age):
            age = 0  # longer ago than is wanted: they sign in anew
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = SignedIn(
                person=person,
                client=given["client_id"],
                redirect=given["redirect_uri"],
                challenge=given["code_challenge"],
                nonce=given.get("nonce", ""),
                resource=given.get("resource", ""),
                acr=given.get("acr") or _classes(given)[0],
                at=self._clock() - age,
                until=self._clock() + _PATIENCE,
                claims=claims,
            )
        return _back(given, {"code": code})

    def _everybody(self) -> list[Person]:
        return [one for one in self._people() if one.email and not (one.is_bot or one.deleted)]


def proves(verifier: str, challenge: str) -> bool:
    """Whether a verifier is the one whose challenge the browser brought (RFC 7636, section 4.6)."""
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode().rstrip("=") == challenge


def _error(given: Mapping[str, str]) -> str:
    if given.get("response_type") != "code":
        return "unsupported_response_type"
    if "openid" not in given.get("scope", "").split():
        return "invalid_scope"
    if not re.fullmatch(r"[0-9]{0,9}", given.get("max_age", "")):
        return "invalid_request"
    # Clients have no secret here, so all of them need this (RFC 9700, section 2.1.1).
    if given.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
        return "invalid_request"
    if given.get("prompt") == "none" and "login_hint" not in given:
        return "login_required"
    return ""


def _classes(given: Mapping[str, str]) -> list[str]:
    """How one can sign in: what the client prefers first, which is voluntary, and then the rest."""
    wanted = [one for one in given.get("acr_values", "").split() if one in CLASSES]
    return [*wanted, *(one for one in CLASSES if one not in wanted)]


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text) if text.strip() else {}
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - the text is wrong, whatever type it holds
    return found


def _back(given: Mapping[str, str], brought: Mapping[str, str]) -> Response:
    brought = {**brought, **({"state": given["state"]} if "state" in given else {})}
    joint = "&" if "?" in given["redirect_uri"] else "?"
    return RedirectResponse(f"{given['redirect_uri']}{joint}{urlencode(brought)}", 303)
