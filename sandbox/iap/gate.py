"""What IAP decides about one request: who it comes from, and whether it goes on."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from sandbox.google.state import Google
from sandbox.iap import assertions, pages, proxy, replies
from sandbox.iap.accounts import PROJECT, Account
from sandbox.iap.bearers import BearerError, Bearers
from sandbox.iap.keys import Keys
from sandbox.iap.logins import Client
from sandbox.iap.sessions import Sessions
from sandbox.iap.signin import PATH, SignIn
from sandbox.loopback import is_rebound

AUDIENCE = "/projects/1042000000001/locations/europe-west1/services/countersign-pages"
"""That of a service on Cloud Run which IAP guards directly."""

RESOURCE = "projects/1042000000001/iap_web/cloud_run-europe-west1/services/countersign-pages"
"""The same service, as IAP's own API names it."""

DESKTOP = Client(id="1042000000001-desktop.apps.googleusercontent.com", secret="GOCSPX-desktop")
"""A client of the same project, for programs of people."""

CLIENT = "1042000000001-pages.apps.googleusercontent.com"
OWN = "/_gcp_iap/"
"""Below it nothing reaches the program. Everything else does, by way of IAP: there is no path around it."""

_UNSPECIFIED = "METHOD_UNSPECIFIED"
"""Reauthentication is switched off (`ReauthSettings` of iap.googleapis.com)."""

_MODE, _TEST = "gcp-iap-mode", "iap-secure-token-test-type"


class Gate:
    """Identity-Aware Proxy in front of the program at `upstream`. `url` is where it is itself."""

    def __init__(
        self, google: Google, signin: SignIn, *, accounts_url: str, url: str, clock: Callable[[], float]
    ) -> None:
        self.url = url
        self.upstream = ""
        self.audience = AUDIENCE
        self.keys = Keys()
        self.sessions = Sessions(clock)
        self.bearers = Bearers(google, signin, client=CLIENT, clock=clock)
        self.accessors: frozenset[str] | None = None
        """The addresses that hold `roles/iap.httpsResourceAccessor`; None: everybody."""
        self.reauthentication: dict[str, str] = {}
        """`accessSettings.reauthSettings`, for example `{"method": "LOGIN", "maxAge": "600s"}`."""
        google.iap_settings[RESOURCE] = self.settings
        self._signin, self._clock, self._accounts_url = signin, clock, accounts_url
        self._redirect = f"{url}{OWN}authenticate"
        signin.clients[CLIENT] = Client(id=CLIENT, secret="GOCSPX-pages", kind="web", redirect=self._redirect)

    def sign_in(self, account: Account | str) -> dict[str, str]:
        """Sign in an account, or Google's of an address; return the header by which a browser says so."""
        held = self._signin.account(account) if isinstance(account, str) else account
        return {"Cookie": f"{replies.SESSION}={self.sessions.open(held)}"}

    def opened_as(self, email: str, url: str) -> str:
        """An address that signs a person in and goes on to a page; one that is no page of the program stays so."""
        place = urlsplit(url)
        if f"{place.scheme}://{place.netloc}" != self.url:
            return url
        to = f"{place.path or '/'}{'?' + place.query if place.query else ''}"
        return f"{self.url}{OWN}open?{urlencode({'as': email, 'to': to})}"

    def let_in(self, client: Client) -> dict[str, Any]:
        """Let programs in by a desktop client; return the file of it that Google hands out."""
        self._signin.clients[client.id] = client
        self.bearers.clients = self.bearers.clients | {client.id}
        held = {
            "client_id": client.id,
            "project_id": PROJECT,
            "auth_uri": f"{self._accounts_url}{PATH}",
            "token_uri": f"{self._accounts_url.removesuffix('/accounts')}/google/oauth2/token",
            "client_secret": client.secret,
            "redirect_uris": ["http://localhost"],
        }
        return {"installed": held}

    async def answer(self, request: Request) -> Response:
        """Answer a request, by oneself or by the program."""
        if is_rebound(request):
            return pages.problem("Not found", "This name is none of this service.", status=404)
        body = await replies.bounded(request)
        if body is None:
            return pages.problem("Too large", f"A request holds at most {proxy.LARGEST:,} bytes.", status=413)
        if request.url.path.startswith(OWN):
            return self._own(request)
        if _mode(request) == "CLEAR_LOGIN_COOKIE":
            return self._cleared(request)
        return await self._guarded(request, body)

    async def _guarded(self, request: Request, body: bytes) -> Response:
        try:
            account = self.bearers.account(request, url=self.url + request.url.path)
        except BearerError as error:
            return replies.refused(f"Invalid IAP credentials: {error}", 401)
        account = account or self._signed_in(request)
        if account is None:
            return self._to_sign_in(request)
        if _mode(request) == "IDENTITY":
            return _identity(account)
        if self.accessors is not None and account.email not in self.accessors:
            return _denied(request, account)
        return await self._onward(request, account, body)

    def _signed_in(self, request: Request) -> Account | None:
        asked = self.reauthentication
        is_on = asked.get("method", _UNSPECIFIED) != _UNSPECIFIED and "maxAge" in asked
        longest = float(asked["maxAge"].removesuffix("s")) if is_on else None
        return self.sessions.account(replies.cookies(request).get(replies.SESSION, ""), longest=longest)

    def settings(self) -> dict[str, Any]:
        """What IAP is set to do, as its API says it (`IapSettings` of iap.googleapis.com)."""
        oauth: dict[str, Any] = {"programmaticClients": sorted(self.bearers.clients)}
        if not self.bearers.is_googles_client:
            oauth["clientId"] = CLIENT
        reauthentication = {"reauthSettings": self.reauthentication} if self.reauthentication else {}
        return {"accessSettings": {"oauthSettings": oauth} | reauthentication}

    def _to_sign_in(self, request: Request) -> Response:
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            return replies.refused("Invalid IAP credentials: empty token", 401)
        # Who sent a form has to send it again: what it held is not kept.
        return self._sent_to_google(_target(request))

    def _sent_to_google(self, target: str, *, hint: str = "") -> Response:
        state, nonce = self.sessions.begin(target)
        asked = {
            "client_id": CLIENT,
            "response_type": "code",
            "scope": "openid email",
            "redirect_uri": self._redirect,
            "state": state,
        } | ({"login_hint": hint} if hint else {})
        response = PlainTextResponse("Invalid IAP credentials: empty token", 302, headers=replies.GENERATED)
        response.headers["Location"] = f"{self._accounts_url}{PATH}?{urlencode(asked)}"
        replies.set_cookie(response, replies.NONCE, nonce, max_age=600)
        return response

    def _own(self, request: Request) -> Response:
        what = request.url.path.removeprefix(OWN)
        if what == "authenticate":
            return self._authenticated(request)
        if what == "open" and request.query_params.get("as"):
            # The sandbox's own way in: its mailbox opens a link as the person who reads the mail.
            return self._sent_to_google(request.query_params.get("to", "/"), hint=request.query_params["as"])
        return pages.problem("Not found", "IAP has no page here.", status=404)

    def _authenticated(self, request: Request) -> Response:
        state, code = (request.query_params.get(name, "") for name in ("state", "code"))
        target = self.sessions.finish(state, replies.cookies(request).get(replies.NONCE, ""))
        worth = self._signin.codes.take(code)
        if target is None or worth is None or worth.asked.client != CLIENT:
            return pages.problem("Sign in again", "This sign-in was begun elsewhere, or is over.", status=400)
        response = self._redirected(target)
        replies.set_cookie(response, replies.SESSION, self.sessions.open(worth.account))
        replies.set_cookie(response, replies.NONCE, "", max_age=0)
        return response

    def _cleared(self, request: Request) -> Response:
        self.sessions.close(replies.cookies(request).get(replies.SESSION, ""))
        kept = [pair for pair in parse_qsl(request.url.query, keep_blank_values=True) if pair[0] != _MODE]
        response = self._redirected(request.url.path + ("?" + urlencode(kept) if kept else ""))
        replies.set_cookie(response, replies.SESSION, "", max_age=0)
        return response

    def _redirected(self, target: str) -> Response:
        # The whole address, for a path that begins with two slashes would lead to another host.
        return RedirectResponse(f"{self.url}/{target.removeprefix('/')}", 302, headers=replies.GENERATED)

    async def _onward(self, request: Request, account: Account, body: bytes) -> Response:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        told = [
            ("x-goog-iap-jwt-assertion", self._assertion(request, account)),
            *assertions.unsigned(account).items(),
            ("x-forwarded-for", request.client.host if request.client else ""),
            ("x-forwarded-proto", "http"),
        ]
        try:
            answer = await run_in_threadpool(
                proxy.forward,
                self.upstream,
                method=request.method,
                target=_target(request),
                headers=replies.without_own_cookies(proxy.onward(headers)) + told,
                body=body,
            )
        except proxy.UpstreamError as error:
            return pages.problem("The service does not answer", f"Try again in a minute. ({error})", status=502)
        return replies.passed(request.method, answer)

    def _assertion(self, request: Request, account: Account) -> str:
        test = request.query_params.get(_TEST, "") if _mode(request) == "SECURE_TOKEN_TEST" else ""
        return assertions.assertion(
            self.keys, account, audience=self.audience, now=self._clock(), test=test.upper() or "NOT_SET"
        )


def _mode(request: Request) -> str:
    return request.query_params.get(_MODE, "").upper()


def _target(request: Request) -> str:
    return replies.target(request.scope["raw_path"], request.scope["query_string"])


def _identity(account: Account) -> Response:
    named = f"{account.namespace}:"
    told = {"email": named + account.email, "sub": named + account.sub}
    return JSONResponse(told, headers=replies.GENERATED)


def _denied(request: Request, account: Account) -> Response:
    away = f"{request.url.path}?{_MODE}=CLEAR_LOGIN_COOKIE"
    text = f"{account.email} may not open this service. Sign in as somebody else at {away}"
    response = pages.problem("You have no access", text, status=403)
    response.headers.update(replies.GENERATED)
    return response
