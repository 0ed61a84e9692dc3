"""Payments: a small application whose refunds need approval, as a Starlette application."""

import contextlib
import re
import secrets
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

from ledger import Ledger, Refund
from news import News
from pages import front, problem, refund, step_up
from refunding import Refunds
from signin import SignIn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from countersign_client.applications import WebhookError
from countersign_client.applications.errors import StepUp
from countersign_client.applications.webhooks import LARGEST
from countersign_client.errors import Unusable

_SESSION = "payments"
_AMOUNT = re.compile(r"[0-9]{1,9}\.[0-9]{2}", re.ASCII)


class Payments(Starlette):
    """What browsers see. Cookies are for this site alone (SameSite), so no other page sends a form in here."""

    def __init__(self, refunds: Refunds, ledger: Ledger, sign_in: SignIn, news: News) -> None:
        self._refunds, self._ledger, self._sign_in, self._news = refunds, ledger, sign_in, news
        self._tokens: dict[str, str] = {}
        super().__init__(
            routes=[
                Route("/", self._front),
                Route("/login", self._login),
                Route("/callback", self._callback),
                Route("/refunds", self._ask, methods=["POST"]),
                Route("/refunds/{id:int}", self._one),
                Route("/refunds/{id:int}/again", self._again, methods=["POST"]),
                Route("/hooks/countersign", self._told, methods=["POST"]),
            ],
            lifespan=self._life,
        )

    @contextlib.asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        self._refunds.resume()
        yield

    async def _front(self, request: Request) -> Response:
        return HTMLResponse(front(self._ledger.all(), signed_in=self._token(request) is not None))

    async def _login(self, _: Request) -> Response:
        return RedirectResponse(await self._sign_in.begin(), 303)

    async def _callback(self, request: Request) -> Response:
        given = request.query_params
        try:
            token, waiting = await self._sign_in.finish(given.get("state", ""), given.get("code", ""))
        except LookupError as error:
            return HTMLResponse(problem(f"You are not signed in: {error}."), 400)
        found = self._ledger.read(waiting)
        answer = await self._asked(found, token) if found else RedirectResponse("/", 303)
        session = secrets.token_urlsafe(24)
        self._tokens[session] = token
        answer.set_cookie(_SESSION, session, httponly=True, samesite="lax")
        return answer

    async def _ask(self, request: Request) -> Response:
        token = self._token(request)
        if token is None:
            return RedirectResponse("/login", 303)
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        order, amount, card = (form.get(name, "").strip() for name in ("order", "amount", "card"))
        if not _AMOUNT.fullmatch(amount) or not order or not card:
            return HTMLResponse(problem("A refund has an order, a card, and an amount such as 12.50."), 422)
        found = self._ledger.read(self._ledger.add(order=order, amount=amount, card=card))
        return await self._asked(found, token) if found else RedirectResponse("/", 303)

    async def _asked(self, found: Refund, token: str) -> Response:
        try:
            await self._refunds.ask(found, token)
        except StepUp as anew:
            to = await self._sign_in.begin(
                found.id,
                acr_values=" ".join(anew.acr),
                max_age="" if anew.max_age is None else str(anew.max_age),
                nonce=anew.nonce,
            )
            return HTMLResponse(step_up(found, anew.reason, to), 401)
        return RedirectResponse(f"/refunds/{found.id}", 303)

    async def _one(self, request: Request) -> Response:
        found = self._ledger.read(request.path_params["id"])
        if found is None:
            return HTMLResponse(problem("There is no such refund."), 404)
        return HTMLResponse(refund(found, self._ledger.heard(found.request)))

    async def _again(self, request: Request) -> Response:
        found = self._ledger.read(request.path_params["id"])
        if found is None or self._token(request) is None:
            return HTMLResponse(problem("There is no such refund, or you are not signed in."), 404)
        await self._refunds.use_again(found)
        return RedirectResponse(f"/refunds/{found.id}", 303)

    async def _told(self, request: Request) -> Response:
        """What Countersign sends. Whoever else calls here learns nothing."""
        raw = b""
        try:
            async for piece in request.stream():
                raw += piece
                if len(raw) > LARGEST:
                    return Response(status_code=413)
            await self._news.take(raw, request.headers)
        except (WebhookError, ClientDisconnect):
            return Response(status_code=400)
        except Unusable:
            return Response(status_code=503)
        return Response(status_code=204)

    def _token(self, request: Request) -> str | None:
        return self._tokens.get(request.cookies.get(_SESSION, ""))
