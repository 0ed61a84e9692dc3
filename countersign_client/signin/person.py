"""A person signs in by a browser, once, and from then on by a refresh token.

Google gives an ID token for IAP's own client to another client of the same project (`audience`), which IAP takes
where that client is among its programmatic ones.
"""

import base64
import secrets
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urlencode

from countersign_client.errors import ClientError, Refused
from countersign_client.signin.credential import SPARE, checked, expires
from countersign_client.signin.desktop import Desktop
from countersign_client.signin.endpoint import TokenRefused, granted
from countersign_client.signin.loopback import Loopback

_PATIENCE = 30.0
"""Seconds for the exchange of a code, which lives for a minute or so."""

_LISTED = (
    "Identity-Aware Proxy does not take tokens that this desktop client fetches. Whoever runs it lists the client"
    " under programmaticClients in its settings; or the client named by --iap-client is not the one that it uses"
)
_ALLOWED = (
    "Identity-Aware Proxy lets no program in by this client. With an OAuth client that Google manages that is so"
    " until somebody lists this desktop client under programmaticClients; with one of its own, name that client"
    " by --iap-client, and have the desktop client listed as well"
)


def sign_in(client: Desktop, *, open_browser: Callable[[str], object], timeout: float) -> str:
    """Let somebody sign in by a browser; return the refresh token.

    `open_browser` is given the address to open. Raises `ClientError`.
    """
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    with Loopback(state) as back:
        asked = {
            "client_id": client.client_id,
            "redirect_uri": back.url,
            "response_type": "code",
            "scope": "openid email",
            "access_type": "offline",
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        open_browser(f"{client.auth_uri}?{urlencode(asked)}")
        code = back.code(timeout=timeout)
    form = _form(client, "authorization_code", code=code, redirect_uri=back.url, code_verifier=verifier)
    try:
        told = granted(client.token_uri, form, timeout=_PATIENCE)
    except TokenRefused as error:
        raise _of_client(error) from error
    if not {"openid", "email"} <= _scopes(told.get("scope", "openid email")):
        raise Refused("your address was kept back in the browser: sign in again, and allow it to be seen")
    return checked(told.get("refresh_token"))


class Person:
    """A credential of who has signed in. Without `iap_client` its tokens are for the desktop client itself."""

    def __init__(self, client: Desktop, refresh_token: str, *, iap_client: str = "") -> None:
        self._client, self._refresh = client, checked(refresh_token)
        self._audience = iap_client or client.client_id
        self._lock = threading.Lock()
        self._token = ""
        self.audience_hint = _LISTED if iap_client else _ALLOWED

    def token(self, url: str, *, whole_host: bool, timeout: float) -> str:
        """Return an ID token for IAP's client. Raises `ClientError`."""
        with self._lock:
            if expires(self._token) - SPARE <= time.time():
                self._token = self._fetched(timeout)
            return self._token

    def _fetched(self, timeout: float) -> str:
        form = _form(self._client, "refresh_token", refresh_token=self._refresh, audience=self._audience)
        try:
            return checked(granted(self._client.token_uri, form, timeout=timeout).get("id_token"))
        except TokenRefused as error:
            raise self._explained(error) from error

    def _explained(self, error: TokenRefused) -> ClientError:
        if error.error == "invalid_grant":
            return Refused(
                "Google takes this sign-in no longer, by age or because it was revoked: run countersign login"
            )
        if error.error == "invalid_audience":
            return Refused(
                f"Google gives this desktop client no token for {self._audience}: both clients have to be of one"
                " project, and --iap-client is the one that Identity-Aware Proxy uses"
            )
        return _of_client(error)


def _of_client(error: TokenRefused) -> ClientError:
    if error.error == "invalid_client":
        return Refused(
            "Google knows this desktop client no longer: download its client_secret.json anew, and sign in"
        )
    return error


def _form(client: Desktop, kind: str, **more: str) -> dict[str, str]:
    return {"grant_type": kind, "client_id": client.client_id, "client_secret": client.client_secret} | more


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _scopes(text: object) -> set[str]:
    """The scopes that were granted; Google also calls `email` by its long name."""
    return {one.removeprefix("https://www.googleapis.com/auth/userinfo.") for one in str(text).split()}
