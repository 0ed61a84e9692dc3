"""The provider's addresses: what it publishes, where one signs in, and what a code is changed for."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.loopback import is_foreign, is_rebound
from sandbox.oidc import pages
from sandbox.oidc.issuer import LIFE, Issuer
from sandbox.oidc.signin import SignedIn, SignIn, proves
from sandbox.world import Person

_LARGEST = 16 * 1024


class Provider:
    """`issuer` is what signs, also for whoever holds this object and needs no browser."""

    def __init__(
        self,
        url: str,
        people: Callable[[], Iterable[Person]],
        *,
        groups: Callable[[str], list[str]],
        clock: Callable[[], float],
    ) -> None:
        """`groups` are those of an address."""
        self.issuer = Issuer(url, clock)
        self._signin = SignIn(people, clock)
        self._groups = groups

    def routes(self) -> list[BaseRoute]:
        """Routes below the issuer's own address."""
        return [
            Route("/.well-known/openid-configuration", self._metadata),
            Route("/keys", self._keys),
            Route("/authorize", self._authorize, methods=["GET", "POST"]),
            Route("/token", self._token, methods=["POST"]),
        ]

    async def _metadata(self, _: Request) -> Response:
        return JSONResponse(self.issuer.metadata())

    async def _keys(self, _: Request) -> Response:
        return JSONResponse(self.issuer.keys())

    async def _authorize(self, request: Request) -> Response:
        if is_rebound(request) or (request.method == "POST" and is_foreign(request)):
            return pages.problem("Sign-in is for this machine's own pages.")
        # The form comes to the address that showed it, whose query it repeats.
        given = dict(request.query_params)
        if request.method == "POST":
            given |= await _form(request)
        return self._signin.answer(given, chosen=request.method == "POST")

    async def _token(self, request: Request) -> Response:
        told, status = self._granted(await _form(request))
        return JSONResponse(told, status, headers={"Cache-Control": "no-store"})

    def _granted(self, form: Mapping[str, str]) -> tuple[dict[str, Any], int]:
        if form.get("grant_type") != "authorization_code":
            return {"error": "unsupported_grant_type"}, 400
        worth = self._signin.take(form.get("code", ""))
        if worth is None or (worth.client, worth.redirect) != (form.get("client_id"), form.get("redirect_uri")):
            return {"error": "invalid_grant"}, 400
        if not proves(form.get("code_verifier", ""), worth.challenge):
            return {"error": "invalid_grant"}, 400
        return self._told(worth), 200

    def _told(self, worth: SignedIn) -> dict[str, Any]:
        age = self.issuer.clock() - worth.at
        claims = {"groups": self._groups(worth.person.email), **worth.claims}
        return {
            "token_type": "Bearer",
            "expires_in": LIFE,
            "id_token": self.issuer.id_token(
                worth.person, client=worth.client, acr=worth.acr, age=age, nonce=worth.nonce, **claims
            ),
            "access_token": self.issuer.access_token(
                worth.person,
                client=worth.client,
                resource=worth.resource or self.issuer.url,
                acr=worth.acr,
                age=age,
                **claims,
            ),
        }


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    return dict(parse_qsl(body.decode(errors="replace"))) if len(body) <= _LARGEST else {}
