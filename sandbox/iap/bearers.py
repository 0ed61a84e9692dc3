"""Programs that call through IAP: which credentials it takes, and why it refuses the others.

Source: https://cloud.google.com/iap/docs/authentication-howto. IAP's own sentences are those that people quote.
"""

from collections.abc import Callable

from starlette.requests import Request

from sandbox.google.issuer import NAMES, number_of
from sandbox.google.state import Google
from sandbox.iap.accounts import Account
from sandbox.iap.signin import SignIn
from sandbox.jws import Jws, parse

LONGEST = 3600
"""Seconds that a service account's own JWT may live."""


class BearerError(Exception):
    """A credential that does not count here; the text is IAP's sentence."""


class Bearers:
    """What IAP knows about programs that call through it."""

    def __init__(self, google: Google, signin: SignIn, *, client: str, clock: Callable[[], float]) -> None:
        self._google, self._signin, self._client, self._clock = google, signin, client, clock
        self.clients: set[str] = set()
        """`accessSettings.oauthSettings.programmaticClients`: the clients through which programs may come."""
        self.is_googles_client = False
        """Whether IAP uses a client that Google manages: then no ID token is for it."""
        self.is_external = False
        """Whether external or workforce identities sign in: then no program of Google's accounts does."""

    def account(self, request: Request, *, url: str) -> Account | None:
        """Who calls, by `Proxy-Authorization` or else by `Authorization`; None without a bearer's token.

        `url` is what is called, without its query. Raises `BearerError`.
        """
        tokens = [_bearer(request.headers.get(name, "")) for name in ("proxy-authorization", "authorization")]
        wrong: BearerError | None = None
        for token in filter(None, tokens):
            try:
                return self._account(token, url)
            except BearerError as error:
                wrong = wrong or error
        if wrong:
            raise wrong
        return None

    def _account(self, text: str, url: str) -> Account:
        try:
            token = parse(text)
        except ValueError:
            raise BearerError("Unable to parse JWT") from None
        if self.is_external:
            raise BearerError("Invalid bearer token. Programs of Google accounts have no access here")
        return self._of_google(token) if token.claims.get("iss") in NAMES else self._of_itself(token, url)

    def _of_google(self, token: Jws) -> Account:
        if not self._google.issuer.signed(token):
            raise BearerError("JWT signature is invalid")
        claims = token.claims
        if claims["exp"] <= self._clock():
            raise BearerError("JWT has expired")
        if not self._is_for_us(claims["aud"], claims["azp"]):
            raise BearerError("Invalid bearer token. Invalid JWT audience.")
        if "email" not in claims:
            raise BearerError("Invalid bearer token. The token has no email claim")
        levels = self._signin.access_levels.get(claims["email"], ())
        return Account(email=claims["email"], sub=claims["sub"], hd=claims.get("hd", ""), access_levels=levels)

    def _is_for_us(self, audience: str, asked_by: str) -> bool:
        if audience in self.clients:
            return True
        # A desktop client may ask for a token for IAP's own client, where it is listed itself.
        by_another_client = asked_by in self._signin.clients and asked_by != audience
        listed = asked_by in self.clients or not by_another_client
        return audience == self._client and not self.is_googles_client and listed

    def _of_itself(self, token: Jws, url: str) -> Account:
        claims = token.claims
        email = claims.get("iss")
        if not isinstance(email, str) or not self._google.accounts.signed(email, token):
            raise BearerError("JWT signature is invalid")
        issued, expires = claims.get("iat"), claims.get("exp")
        if claims.get("sub") != email or not isinstance(issued, int) or not isinstance(expires, int):
            raise BearerError("Invalid bearer token. The token needs iss, sub, aud, iat and exp")
        if not issued <= self._clock() < expires or expires - issued > LONGEST:
            raise BearerError("JWT has expired, or lives for more than an hour")
        if claims.get("aud") not in (url, _wildcard(url)):
            raise BearerError("Audience specified does not match requested endpoint")
        return Account(email=email, sub=number_of(email))


def _bearer(header: str) -> str:
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _wildcard(url: str) -> str:
    return "/".join(url.split("/", 3)[:3]) + "/*"
