"""The ways by which a program signs in as a service account.

Google's library does what it can do. What it sends to IAM Credentials cannot be given a deadline, nor be sent to
an emulator, so those two calls are made here.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from countersign_client import objects
from countersign_client.calls import NoAnswer, send
from countersign_client.errors import Refused, Unreachable, Unusable
from countersign_client.signin.credential import SPARE, checked, expires
from countersign_client.signin.endpoint import TOKEN, granted
from countersign_client.signin.googles import Transport, access_token, asked
from countersign_client.signin.places import safe

LIFE = 3_600
"""Seconds that a service account's own JWT may live, by Google and by IAP."""

_EARLY = 10
"""Seconds by which a JWT is dated back, for clocks that go slow."""

_IAM = "https://iamcredentials.googleapis.com"
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCE = (
    "Identity-Aware Proxy takes no tokens for the client that --iap-client names: name the OAuth client that it"
    " uses. With one that Google manages there are none; a service account comes in by a JWT of its own then:"
    " countersign login --by own-jwt"
)
_ADDRESS = (
    "Identity-Aware Proxy takes neither a JWT for this address nor one for its whole host: sign in by the very"
    " address that people open in a browser"
)

Ask = Callable[[str, float], str]
"""Fetches or makes a token for an audience, within a number of seconds."""


class IdTokens:
    """A credential by ID tokens for IAP's client."""

    audience_hint = _AUDIENCE

    def __init__(self, iap_client: str, ask: Ask) -> None:
        if not iap_client:
            raise Unusable(
                "name the OAuth client that Identity-Aware Proxy uses by --iap-client. With one that Google"
                " manages, a service account comes in by a JWT of its own: countersign login --by own-jwt"
            )
        self._tokens = _Held(ask)
        self._audience = iap_client

    def token(self, url: str, *, whole_host: bool, timeout: float) -> str:
        """Return an ID token. Raises `ClientError`."""
        return self._tokens.get(self._audience, timeout)


class OwnJwts:
    """A credential by JWTs that the service account signs for the address itself."""

    audience_hint = _ADDRESS

    def __init__(self, ask: Ask) -> None:
        self._tokens = _Held(ask)

    def token(self, url: str, *, whole_host: bool, timeout: float) -> str:
        """Return a JWT for the address, or for all of its host. Raises `ClientError`."""
        parts = urlsplit(url)
        return self._tokens.get(f"{parts.scheme}://{parts.netloc}/*" if whole_host else url, timeout)


class _Held:
    """Tokens by audience, each asked for anew before it ends."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._tokens: dict[str, str] = {}

    def get(self, audience: str, timeout: float) -> str:
        with self._lock:
            now = time.time()
            self._tokens = {key: one for key, one in self._tokens.items() if expires(one) - SPARE > now}
            if audience not in self._tokens:
                self._tokens[audience] = checked(self._ask(audience, timeout))
            return self._tokens[audience]


def fetched(audience: str, timeout: float) -> str:
    """An ID token by the key file in GOOGLE_APPLICATION_CREDENTIALS, else by the metadata server."""

    def ask() -> object:
        from google.oauth2 import id_token  # noqa: PLC0415 - slow to load

        transport: Any = Transport(timeout)
        credentials: Any = id_token.fetch_id_token_credentials(audience, request=transport)  # type: ignore[no-untyped-call]
        credentials.refresh(transport)
        return credentials.token

    return asked(ask)


def signed(audience: str, _timeout: float) -> str:
    """A JWT by the key file in GOOGLE_APPLICATION_CREDENTIALS."""

    def ask() -> object:
        from google.auth import jwt  # noqa: PLC0415 - slow to load

        made: Any = jwt.Credentials
        credentials = made.from_service_account_file(_key_file(), audience=audience)
        credentials.refresh(None)
        return credentials.token

    return asked(ask)


def impersonated(email: str) -> Ask:
    """ID tokens of a service account as which the caller may act. Without its address IAP knows nobody by them."""

    def ask(audience: str, timeout: float) -> str:
        body = {"audience": audience, "includeEmail": True}
        return str(_iam(email, "generateIdToken", body, timeout).get("token"))

    return ask


def exchanged(email: str) -> Ask:
    """ID tokens for an assertion that IAM Credentials signs (RFC 7523), with `target_audience`."""

    def ask(audience: str, timeout: float) -> str:
        end = time.monotonic() + timeout
        assertion = _signed_by_google(email, {"aud": TOKEN, "target_audience": audience}, timeout)
        form = {"grant_type": _JWT, "assertion": assertion}
        return str(granted(_token_endpoint(), form, timeout=max(end - time.monotonic(), 1.0)).get("id_token"))

    return ask


def signed_by_google(email: str) -> Ask:
    """JWTs for an address that IAM Credentials signs."""
    return lambda audience, timeout: _signed_by_google(email, {"aud": audience, "sub": email}, timeout)


def _signed_by_google(email: str, claims: Mapping[str, str], timeout: float) -> str:
    issued = int(time.time()) - _EARLY
    payload = json.dumps({"iss": email, **claims, "iat": issued, "exp": issued + LIFE})
    return str(_iam(email, "signJwt", {"payload": payload}, timeout).get("signedJwt"))


def _iam(email: str, method: str, body: Mapping[str, object], timeout: float) -> dict[str, Any]:
    end = time.monotonic() + timeout
    headers = {"Authorization": f"Bearer {checked(access_token(timeout))}", "Content-Type": "application/json"}
    base = safe(
        os.environ.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS") or _IAM,
        what="CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS",
    )
    url = f"{base.rstrip('/')}/v1/projects/-/serviceAccounts/{quote(email, safe='@')}:{method}"
    try:
        left = max(end - time.monotonic(), 1.0)
        answer = send("POST", url, timeout=left, headers=headers, body=json.dumps(body).encode())
    except NoAnswer as error:
        raise Unreachable(f"IAM Credentials gives no whole answer ({error}): try again in a minute") from error
    if answer.status == 200 and (told := objects.of(answer.body)) is not None:
        return told
    if answer.status in (403, 404):
        raise Refused(
            f"Google lets this account not act as {email}, or there is no such account: it needs the role"
            " roles/iam.serviceAccountTokenCreator there"
        )
    raise Unreachable(f"IAM Credentials answers with HTTP {answer.status}: try again in a minute")


def _token_endpoint() -> str:
    return safe(os.environ.get("CLOUDSDK_AUTH_TOKEN_HOST") or TOKEN, what="CLOUDSDK_AUTH_TOKEN_HOST")


def _key_file() -> Path:
    name = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    if not name:
        raise Unusable(
            "name the service account's key file in GOOGLE_APPLICATION_CREDENTIALS; without a key,"
            " countersign login --by own-jwt:EMAIL has Google sign"
        )
    return Path(name)
