"""The pages as people's browsers see them: signed in at the proxy, by a link or from a list."""

import http.client
import re
import threading
from collections.abc import Iterator, Mapping
from html import unescape
from urllib.parse import urlencode, urlsplit

import msgspec

from approvals.grants import LIVE
from approvals.requests import Request
from chaos.truths import DECIDING
from handlers.wording.standing import standing
from sandbox.app import Sandbox
from sandbox.iap.gate import Gate
from sandbox.links import Form, forms

_PATIENCE = 15.0
_OWN = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: its status (0: none came), what its main part reads, its forms by what they do, and all of it."""

    status: int
    words: str
    forms: Mapping[str, Form]
    body: str = ""


class Browsers:
    """Everybody's browser, by address."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._lock = threading.Lock()
        self._sessions: dict[str, dict[str, str]] = {}

    def get(self, who: str, path: str, *, method: str = "GET") -> Shown:
        """Look at a page."""
        return self._asked(who, method, path)

    def post(self, who: str, form: Form, **headers: str) -> int:
        """Send a form as from our own page, unless the headers say otherwise; return the status."""
        body = urlencode(form.fields).encode()
        return self._asked(who, "POST", form.action, body, {**_OWN, **headers}).status

    def _gate(self) -> Gate:
        if self._box.iap is None:
            raise RuntimeError("the sandbox has no proxy")
        return self._box.iap.gate

    def _session(self, who: str) -> Mapping[str, str]:
        with self._lock:
            if who not in self._sessions:
                self._sessions[who] = self._gate().sign_in(who)
            return self._sessions[who]

    def _asked(
        self, who: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Shown:
        place = urlsplit(self._gate().url)
        connection = http.client.HTTPConnection(place.netloc, timeout=_PATIENCE)
        try:
            connection.request(method, path, body=body, headers={**self._session(who), **(headers or {})})
            response = connection.getresponse()
            page = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return Shown(status=0, words="", forms={})
        finally:
            connection.close()
        found = {dict(form.fields).get("kind", ""): form for form in forms(page)}
        return Shown(status=response.status, words=_words(page), forms=found, body=page)


def told(shown: Shown, request: Request) -> Iterator[str]:
    """The page of a request, as somebody sees it whom it concerns, tells the state that is on record."""
    if shown.status != 200:
        yield f"the page of {request.id} is answered with {shown.status}"
        return
    now, pending = standing(request), request.state == "pending"
    # What waits is headed by what is missing, as on the card.
    if (now.symbol if pending else now.words) not in shown.words:
        yield f"the page of {request.id} does not say “{now.words}”"
    if not pending and shown.forms.keys() & (DECIDING | {"withdraw", "take_back"}):
        yield f"the page of {request.id} is {request.state} and offers {sorted(shown.forms)}"
    live = request.grant is not None and request.grant.state in LIVE
    if "end" in shown.forms and not live:
        yield f"the page of {request.id} offers to end access that is not there"


def _words(page: str) -> str:
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())
