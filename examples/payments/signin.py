"""Sign-in at the company's OpenID provider, by code and PKCE (RFC 7636): it gives the token that refunds bring."""

import base64
import hashlib
import json
import secrets
from typing import Any, NamedTuple
from urllib.parse import urlencode

from countersign_client import async_calls

CLIENT = "payments"
"""What the provider calls this application: the audience of its ID tokens."""


class Begun(NamedTuple):
    """A sign-in under way. `refund` is what goes on after it."""

    verifier: str
    refund: int


class SignIn:
    """Sends browsers to the provider, and changes what they come back with for a token."""

    def __init__(self, issuer: str, redirect: str) -> None:
        self._issuer = issuer
        self._redirect = redirect
        self._begun: dict[str, Begun] = {}

    async def begin(self, refund: int = 0, **more: str) -> str:
        """Where a browser goes. `more` says how one must sign in, for a step-up: acr_values, max_age, nonce."""
        verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
        self._begun[state] = Begun(verifier, refund)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "client_id": CLIENT,
            "redirect_uri": self._redirect,
            "response_type": "code",
            "scope": "openid email",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **{name: value for name, value in more.items() if value},
        }
        return f"{(await self._metadata())['authorization_endpoint']}?{urlencode(asked)}"

    async def finish(self, state: str, code: str) -> tuple[str, int]:
        """The ID token, straight from the provider, and the refund that waits for it. Raises `LookupError`."""
        begun = self._begun.pop(state, None)
        if begun is None or not code:
            raise LookupError("this sign-in was not begun here")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "client_id": CLIENT,
            "code_verifier": begun.verifier,
        }
        told = await _told(
            "POST",
            (await self._metadata())["token_endpoint"],
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )
        return str(told["id_token"]), begun.refund

    async def _metadata(self) -> dict[str, Any]:
        return await _told("GET", f"{self._issuer}/.well-known/openid-configuration")


async def _told(method: str, url: str, **more: Any) -> dict[str, Any]:
    answer = await async_calls.send(method, url, timeout=10, **more)
    told = json.loads(answer.body) if answer.status == 200 else {}
    if not told:
        raise LookupError(f"the provider answers with HTTP {answer.status}")
    return dict(told)
