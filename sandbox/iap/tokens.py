"""`oauth2.googleapis.com/token`: what clients and service accounts get for what they hold.

Sources: https://developers.google.com/identity/protocols/oauth2/native-app#step-3:-handle-the-oauth-2.0-server-response
and /service-account; https://cloud.google.com/iap/docs/authentication-howto for `audience` and `target_audience`.
"""

import base64
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.google.state import Google
from sandbox.iap.logins import Asked, Client, Code, proves
from sandbox.iap.signin import SignIn
from sandbox.jws import parse

URL = "https://oauth2.googleapis.com/token"
"""What an assertion for it names, wherever the sandbox stands."""

LARGEST = 64 * 1024
LIFE = 3600
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class TokenError(Exception):
    """A refusal as RFC 6749, section 5.2, has it."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(error)
        self.body, self.status = {"error": error, "error_description": description}, status


class Tokens:
    """The token endpoint."""

    def __init__(self, google: Google, signin: SignIn, clock: Callable[[], float]) -> None:
        self._google, self._signin, self._clock = google, signin, clock
        self._lock = threading.Lock()
        self._refresh: dict[str, Code] = {}

    def revoke(self, email: str) -> None:
        """Revoke every refresh token of a person, as they can in their account."""
        with self._lock:
            self._refresh = {key: one for key, one in self._refresh.items() if one.account.email != email}

    def routes(self) -> list[BaseRoute]:
        """Routes that stand for `https://oauth2.googleapis.com/token` and the keys of ID tokens."""
        return [Route("/oauth2/token", self._token, methods=["POST"]), Route("/www/oauth2/v3/certs", self._certs)]

    async def _certs(self, _: Request) -> Response:
        return JSONResponse(self._google.issuer.certs(), headers={"Cache-Control": "public, max-age=19800"})

    async def _token(self, request: Request) -> Response:
        body = await request.body()
        try:
            told = self._granted(_form(body), request.headers.get("authorization", ""))
        except TokenError as error:
            return JSONResponse(error.body, error.status)
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    def _granted(self, form: Mapping[str, str], authorization: str) -> dict[str, Any]:
        kind = form.get("grant_type", "")
        if kind == _JWT:
            return self._by_assertion(form.get("assertion", ""))
        if kind not in ("authorization_code", "refresh_token"):
            raise TokenError("unsupported_grant_type", f"Invalid grant_type: {kind}")
        client = self._client(form, authorization)
        return self._by_code(client, form) if kind == "authorization_code" else self._by_refresh(client, form)

    def _client(self, form: Mapping[str, str], authorization: str) -> Client:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization.startswith("Basic "):
            name, _, secret = base64.b64decode(authorization[6:]).decode(errors="replace").partition(":")
        client = self._signin.clients.get(name)
        if client is None:
            raise TokenError("invalid_client", "The OAuth client was not found.", status=401)
        if not client.secret or secret != client.secret:
            raise TokenError("invalid_client", "Unauthorized", status=401)
        return client

    def _by_code(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        worth = self._signin.codes.take(form.get("code", ""))
        if worth is None or worth.asked.client != client.id:
            raise TokenError("invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != worth.asked.redirect:
            raise TokenError("redirect_uri_mismatch", "Bad Request")
        _require_verifier(worth.asked, form.get("code_verifier", ""))
        refresh = f"1//0{secrets.token_urlsafe(40)}"
        with self._lock:
            self._refresh[refresh] = worth
        return self._told(worth, client, audience=client.id) | {"refresh_token": refresh}

    def _by_refresh(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        with self._lock:
            worth = self._refresh.get(form.get("refresh_token", ""))
        if worth is None or worth.asked.client != client.id:
            raise TokenError("invalid_grant", "Token has been expired or revoked.")
        audience = form.get("audience", client.id)
        other = self._signin.clients.get(audience)
        if other is None or other.project != client.project:
            raise TokenError(
                "invalid_audience", "The audience client and the client need to be in the same project."
            )
        return self._told(worth, client, audience=audience)

    def _told(self, worth: Code, client: Client, *, audience: str) -> dict[str, Any]:
        account, scopes = worth.account, worth.asked.scopes
        told: dict[str, Any] = {
            **_access_token(),
            "scope": " ".join(sorted(scopes)),
        }
        if "openid" in scopes:
            claims: dict[str, Any] = {"email": account.email, "email_verified": True} if _has_email(scopes) else {}
            claims |= {"hd": account.hd} if account.hd else {}
            told["id_token"] = self._google.issuer.token(
                audience=audience, azp=client.id, sub=account.sub, **claims
            )
        return told

    def _by_assertion(self, text: str) -> dict[str, Any]:
        try:
            token = parse(text)
        except ValueError:
            raise TokenError("invalid_grant", "Bad Request") from None
        claims = token.claims
        email = str(claims.get("iss", ""))
        if not self._google.accounts.has(email):
            raise TokenError("invalid_grant", "Invalid grant: account not found")
        if not self._google.accounts.signed(email, token):
            raise TokenError("invalid_grant", "Invalid JWT Signature.")
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or not isinstance(expires, int) or not self._is_short(issued, expires):
            raise TokenError("invalid_grant", "Invalid JWT: it has to be short-lived (60 minutes).")
        if claims.get("aud") != URL:
            raise TokenError("invalid_grant", "Invalid JWT: Failed audience check.")
        if isinstance(claims.get("scope"), str) and "target_audience" not in claims:
            return _access_token()
        if not isinstance(audience := claims.get("target_audience"), str):
            raise TokenError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        told = self._google.issuer.of_service_account(email, audience=audience, with_email=True)
        return {"id_token": told}

    def _is_short(self, issued: int, expires: int) -> bool:
        return issued <= self._clock() < expires <= issued + LIFE


def _access_token() -> dict[str, Any]:
    token = f"ya29.{secrets.token_urlsafe(60)}"
    return {"access_token": token, "expires_in": LIFE - 1, "token_type": "Bearer"}


def _form(body: bytes) -> dict[str, str]:
    if len(body) > LARGEST:
        raise TokenError("invalid_request", "The request is too large.", status=413)
    return dict(parse_qsl(body.decode(errors="replace")))


def _require_verifier(asked: Asked, verifier: str) -> None:
    if asked.challenge and not verifier:
        raise TokenError("invalid_grant", "Missing code verifier.")
    if asked.challenge and not proves(verifier, asked):
        raise TokenError("invalid_grant", "Invalid code verifier.")


def _has_email(scopes: frozenset[str]) -> bool:
    return bool(scopes & {"email", "https://www.googleapis.com/auth/userinfo.email"})
