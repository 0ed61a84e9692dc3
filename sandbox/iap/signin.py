"""`accounts.google.com`: where a browser is sent to sign in, and comes back from with a code.

Source: https://developers.google.com/identity/protocols/oauth2/native-app and /web-server.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.iap import accounts, pages
from sandbox.iap.accounts import Account
from sandbox.iap.logins import Asked, Client, Codes
from sandbox.loopback import is_foreign, is_rebound
from sandbox.world import Person

PATH = "/o/oauth2/v2/auth"
LARGEST = 16 * 1024
"""Bytes of a form."""

_ASKED = (
    *("client_id", "redirect_uri", "response_type", "scope", "state"),
    *("code_challenge", "code_challenge_method"),
)


class SignIn:
    """Google's accounts, and the clients that may ask for them. Everybody is signed in here at once."""

    def __init__(self, people: Callable[[], Iterable[Person]], clock: Callable[[], float]) -> None:
        self._people = people
        self.codes = Codes(clock)
        self.clients: dict[str, Client] = {}
        self.access_levels: dict[str, tuple[str, ...]] = {}
        """The access levels that an address meets. Set them, and who signs in from then on has them."""

    def account(self, email: str) -> Account:
        """The Google account of an address."""
        return accounts.google(email, access_levels=self.access_levels.get(email, ()))

    def routes(self) -> list[BaseRoute]:
        """Routes that stand for `https://accounts.google.com`."""
        return [Route(PATH, self._auth, methods=["GET", "POST"])]

    async def _auth(self, request: Request) -> Response:
        given = dict(request.query_params)
        if request.method == "POST":
            body = await request.body()
            if len(body) > LARGEST:
                return pages.problem("This is too much", "The form is larger than any of this page.", status=413)
            given = dict(parse_qsl(body.decode(errors="replace")))
        if is_rebound(request) or (request.method == "POST" and is_foreign(request)):
            return pages.problem("Not from there", "Sign-in is for this machine's own pages.", status=403)
        return self._answer(given, chosen=request.method == "POST")

    def _answer(self, given: Mapping[str, str], *, chosen: bool) -> Response:
        client = self.clients.get(given.get("client_id", ""))
        if client is None:
            return pages.problem("Access blocked", "Error 401: invalid_client. No such client.", status=401)
        if why := _problem(client, given):
            return pages.problem("Access blocked", why, status=400)
        if not chosen and not given.get("login_hint"):
            return self._choice(client, given)
        try:
            account = self._chosen(given) if chosen else self.account(given["login_hint"])
        except ValueError as error:
            return pages.problem("Nobody like that", f"{error}. Go back, and mend it.", status=400)
        return self._returned(account, given)

    def _choice(self, client: Client, given: Mapping[str, str]) -> Response:
        people = [one for one in self._people() if one.email and not one.is_bot]
        asked = {name: given[name] for name in _ASKED if name in given}
        shown = "the pages" if client.kind == "web" else "the program on this machine"
        return pages.choice(people, client=shown, asked=asked)

    def _chosen(self, given: Mapping[str, str]) -> Account:
        if claims := given.get("gcip", "").strip():
            return accounts.external(_claims(claims))
        email = given.get("email", "").strip()
        if email.count("@") != 1:
            raise ValueError("An address has the form NAME@DOMAIN")
        if not {"hd", "access_levels"} & set(given):
            return self.account(email)
        levels = tuple(one.strip() for one in given.get("access_levels", "").split(",") if one.strip())
        return accounts.google(email, hd=given.get("hd", "").strip(), access_levels=levels)

    def _returned(self, account: Account, given: Mapping[str, str]) -> Response:
        asked = Asked(
            client=given["client_id"],
            redirect=given["redirect_uri"],
            scopes=frozenset(given["scope"].split()),
            state=given.get("state", ""),
            challenge=given.get("code_challenge", ""),
            method=given.get("code_challenge_method", "plain"),
        )
        brought = {"state": asked.state} if asked.state else {}
        brought |= {"code": self.codes.give(account, asked), "scope": given["scope"]}
        joint = "&" if "?" in asked.redirect else "?"
        return RedirectResponse(f"{asked.redirect}{joint}{urlencode(brought)}", 302)


def _problem(client: Client, given: Mapping[str, str]) -> str:
    redirect = given.get("redirect_uri", "")
    if redirect.startswith("urn:ietf:wg:oauth:2.0:oob"):
        return "Error 400: invalid_request. A code is no longer shown to be copied: return to a loopback address."
    if not client.may_return_to(redirect):
        return "Error 400: redirect_uri_mismatch. The client does not list this address."
    if given.get("response_type") != "code":
        return "Error 400: unsupported_response_type. Ask for a code."
    if not given.get("scope", "").split():
        return "Error 400: invalid_request. Missing required parameter: scope."
    if given.get("code_challenge_method", "plain") not in ("plain", "S256"):
        return "Error 400: invalid_request. The challenge's method is plain or S256."
    return ""


def _claims(text: str) -> dict[str, object]:
    try:
        claims = json.loads(text)
    except ValueError as error:
        raise ValueError("The claims are no JSON") from error
    if not isinstance(claims, dict):
        raise ValueError("The claims are no JSON object")  # noqa: TRY004
    return claims
