"""The pages' doors: who comes in, what they ask for, and what every answer carries."""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from approvals.people.accounts import Account
from approvals.refusals.errors import Conflict, NotFound, Refused, Unavailable
from handlers import deadline
from handlers.aside import aside
from handlers.bounds import bounded
from handlers.channel import Equipment, Receive, Scope, Send
from handlers.identity.visitors import Visitors
from handlers.later import Later
from handlers.pace import Crowd, TooFast
from handlers.web import forms
from handlers.web.applications import Applications
from handlers.web.asking import Asking
from handlers.web.away import Away
from handlers.web.drift import Drifts
from handlers.web.drill import Drills
from handlers.web.freezes import Freezes
from handlers.web.history import History
from handlers.web.numbers import Numbers
from handlers.web.overview import Overview
from handlers.web.pages import Moved, Page, Sent, Visit
from handlers.web.paths import FIRSTS
from handlers.web.review import Review
from handlers.wire.streamed import Streamed
from handlers.wording.errors import NOTHING, error_id, generic, in_words
from handlers.wording.refusing.refusals import Said

if TYPE_CHECKING:  # loaded once the first answer may have gone out, or with the first page
    from handlers.web.writing import Writing

PATIENCE = 8.0
"""Seconds in which a page answers."""

AT_ONCE = 8
"""Pages of one account that threads are working on, which are half of them."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer carries: no script, nothing from elsewhere, no frame around it, nothing kept or passed on."""

_CARRIED = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

CROWDED = "You opened many pages at once, which are not answered yet. Open this one again in a few seconds."

_NOT_SHOWN = "This page cannot be shown"
_HERE = Path(__file__).parent
_STYLE = (_HERE / "assets" / "pages.css").read_bytes()
_FORM = "application/x-www-form-urlencoded"
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (Refused, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Unavailable, 503),
    (TooFast, 429),
)
_SAID: Mapping[type[Exception], str] = {NotFound: NOTHING, TooFast: CROWDED}
_log = logging.getLogger("countersign.pages")

Handler = Callable[[Visit], Page | Moved | Sent]


class Site:
    """Answers whoever the proxy let in, and tells everybody else what to do."""

    def __init__(
        self,
        visitors: Visitors,
        *,
        review: Review,
        overview: Overview,
        asking: Asking,
        history: History,
        numbers: Numbers,
        applications: Applications,
        freezes: Freezes,
        away: Away,
        drifts: Drifts,
        drills: Drills,
        equipment: Equipment,
        executor: Executor,
    ) -> None:
        self._visitors = visitors
        self._equipment = equipment
        self._executor = executor
        self._crowd = Crowd(most=AT_ONCE)
        self._handlers: Mapping[tuple[str, str], Handler] = {
            ("GET", "review"): review.show,
            ("POST", "review"): review.send,
            ("GET", "request"): review.show_by_id,
            ("POST", "request"): review.send_by_id,
            ("GET", ""): overview.show,
            ("GET", "history"): history.show,
            ("GET", "export"): history.export,
            ("GET", "applications"): applications.show,
            ("GET", "numbers"): numbers.show,
            ("GET", "freezes"): freezes.show,
            ("POST", "freezes"): freezes.send,
            ("GET", "drift"): drifts.show,
            ("GET", "drill"): drills.show,
            ("POST", "drill"): drills.send,
            ("GET", "away"): away.show,
            ("POST", "away"): away.send,
            ("GET", "ask"): asking.show,
            ("POST", "ask"): asking.send,
        }
        self.writing = Later(_writing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, body, sends = Request(scope, receive), None, scope["method"] == "POST"
        response = await aside(self._executor, partial(self._turned_away, request)) if sends else None
        if response is None:
            try:
                body = await bounded(request, most=forms.LARGEST) if sends else b""
            except ClientDisconnect:
                return  # nobody is there to be answered
            response = await aside(self._executor, partial(self._answer, request, body))
        if body is None:
            response.headers["Connection"] = "close"  # what was not read would be taken for the next request
        response.raw_headers.extend(_CARRIED)
        await response(scope, receive, send)

    async def lost(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what leads nowhere: a page for whoever the proxy let in, and nothing for everybody else."""
        response = await aside(self._executor, partial(self._nowhere, Request(scope, receive)))
        response.raw_headers.extend(_CARRIED)
        await response(scope, receive, send)

    def _turned_away(self, request: Request) -> Response | None:
        """What is said to somebody of whose form nothing is read. None: they may send it."""
        now = self._equipment.clock()
        try:
            self._visitors.identify(
                self._visitors.account(request.scope["headers"], now=now), purpose="request", now=now
            )
        except Exception:  # noqa: BLE001 - whatever it is, somebody waits for a page
            return self._answer(request, None)
        return None

    def _nowhere(self, request: Request) -> Response:
        now = self._equipment.clock()
        with contextlib.suppress(Exception):  # nothing is said of why
            account = self._visitors.account(request.scope["headers"], now=now)
            if who := self._known(account, now=now):
                return self._refused(NOTHING, 404, who=who)
        return PlainTextResponse("Not Found", status_code=404)

    def _answer(self, request: Request, body: bytes | None) -> Response:
        begun = time.monotonic()
        deadline.begin(answer=begun + PATIENCE, keep=begun + PATIENCE)
        account, now = None, self._equipment.clock()
        try:
            account = self._visitors.account(request.scope["headers"], now=now)
            with self._crowd.place(account.ref):
                return self._answered(request, body, account, now=now)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for a page
            away = _away(request) if account is not None and isinstance(error, Refused | NotFound) else ""
            return self._failed(error, who=self._known(account, now=now), away=away)

    def _answered(self, request: Request, body: bytes | None, account: Account, *, now: datetime) -> Response:
        first, _, rest = str(request.scope["path"]).removeprefix("/").partition("/")
        method = str(request.scope["method"])
        if (first, rest) == ("assets", "pages.css") and method in ("GET", "HEAD"):
            # It too is for those alone whom the policy lets see pages.
            self._visitors.identify(account, purpose="request", now=now)
            return Response(_STYLE, media_type="text/css")
        handler = self._handlers.get(("GET" if method == "HEAD" else method, first))
        if handler is None:
            raise NotFound("no page of ours")
        if first == "export":
            _require_wanted(request)
        form = self._form(request, body) if method == "POST" else {}
        query = dict(request.query_params) if request.scope["query_string"] else {}
        done = handler(Visit(account=account, rest=rest, form=form, query=query, now=now))
        if isinstance(done, Sent):
            return Streamed(done.pieces, executor=self._executor, media_type=done.media_type, name=done.name)
        if isinstance(done, Moved):
            return RedirectResponse(done.path, status_code=303)
        return self._written(done, who=account.email)

    def _form(self, request: Request, body: bytes | None) -> Mapping[str, str]:
        given = {name: request.headers.getlist(name) for name in ("sec-fetch-site", "origin", "content-type")}
        said = {name: values for name, values in given.items() if values}
        forms.require_own(said, pages_url=self._equipment.pages_url)
        kind = said.get("content-type", [""])[0].partition(";")[0].strip().lower()
        if body is None or kind != _FORM:
            raise Said("form", forms.OUT_OF_DATE)
        return forms.read(body)

    def _known(self, account: Account | None, *, now: datetime) -> str:
        """The address of somebody who may come in; empty for everybody else, who is led nowhere."""
        with contextlib.suppress(Exception):  # what went wrong is said already
            if account is not None:
                self._visitors.identify(account, purpose="request", now=now)
                return account.email
        return ""

    def _failed(self, error: Exception, *, who: str, away: str) -> Response:
        try:
            said = _SAID.get(type(error)) or in_words(error)
        except Exception:  # noqa: BLE001 - it is the error itself, which nobody outside may be told
            reference = error_id()
            _log.error("%s: unexpected %s", reference, type(error).__name__, exc_info=error)
            said = generic(reference)
        status = next((number for kind, number in _STATUS if isinstance(error, kind)), 500)
        if isinstance(error, Unavailable | Conflict):
            _log.warning("could not serve a person: %s", error)
        over = isinstance(error, Refused) and error.code == "drill.over"
        return self._refused(said, status, who=who, away=away, heading="Drill" if over else _NOT_SHOWN)

    def _refused(self, said: str, status: int, *, who: str, away: str = "", heading: str = _NOT_SHOWN) -> Response:
        context = {"said": said, "away": away, "heading": heading}
        return self._written(Page(template="refusal.html", context=context, status=status), who=who)

    def _written(self, page: Page, *, who: str) -> Response:
        zone = ZoneInfo(self._equipment.policy().timezone)
        text = self.writing().written(page, who=who, zone=zone)
        return Response(text, status_code=page.status, media_type="text/html")


def _require_wanted(request: Request) -> None:
    """Raise unless it was this person who wanted a file: it is audited in their name, and no page of ours leads by
    another site to it. Who only looks whether it is there takes nothing away."""
    if request.method == "HEAD" or not {*request.headers.getlist("sec-fetch-site")} <= {"same-origin", "none"}:
        raise NotFound("a file is taken from the page of the history")


def _away(request: Request) -> str:
    """Where the proxy forgets who is signed in, and leads back to the same page ("Using query parameters")."""
    path = str(request.scope["path"])
    own = path.partition("/")[2].partition("/")[0] in FIRSTS
    return f"{quote(path) if own else '/'}?gcp-iap-mode=CLEAR_LOGIN_COOKIE"


def _writing() -> "Writing":
    from handlers.web.writing import Writing  # noqa: PLC0415 - it loads Jinja, which only pages need

    return Writing()
