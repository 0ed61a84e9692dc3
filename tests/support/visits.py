"""People at the pages of a running program: signed in at the sandbox's Identity-Aware Proxy, as a browser is."""

import http.client
import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlencode

import msgspec

from handlers.links import obfuscated
from sandbox.iap.accounts import Account
from tests.support.running import Running

_FORMS = re.compile(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
FORM = "application/x-www-form-urlencoded"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def words(self) -> str:
        """Everything that a reader reads, on one line."""
        body = re.sub(r"<head>.*?</head>", "", self.body, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


class Browser:
    """One person's browser. Without a person nobody is signed in."""

    def __init__(self, office: Running, who: str | Account = "", **headers: str) -> None:
        assert office.box.iap is not None
        gate = office.box.iap.gate
        self._office = office
        self.origin = gate.url
        self._headers = {**(gate.sign_in(who) if who else {}), **headers}

    def get(self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        return self._call(method, path, {**self._headers, **(headers or {})})

    def post(
        self, path: str, form: Mapping[str, str], *, headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """Send a form as a browser does from our own page, but for what is said of the headers."""
        own = {
            "Sec-Fetch-Site": "same-origin",
            "Origin": "null",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        given = {**self._headers, **own, **(headers or {})}
        sent = {name: value for name, value in given.items() if value is not None}
        return self._call("POST", path, sent, urlencode(form).encode())

    def press(self, page: Answer, kind: str, **typed: str) -> Answer:
        """Send the form of this kind that stands on a page."""
        found = forms(page)[kind]
        return self.post(found.pop("action"), {**found, **typed})

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        connection = http.client.HTTPConnection(self.origin.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            response = connection.getresponse()
            said = {name.lower(): value for name, value in response.getheaders()}
            return Answer(status=response.status, headers=said, body=response.read().decode())
        finally:
            connection.close()


def forms(page: Answer) -> dict[str, dict[str, str]]:
    """The forms of a page by what they do: where each goes, and what it carries."""
    found: dict[str, dict[str, str]] = {}
    for action, inner in _FORMS.findall(page.body):
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', inner))
        found[hidden["kind"]] = {"action": unescape(action), **hidden}
    return found


def link(office: Running, request_id: str) -> str:
    """The path of a request's page, as a mail or a card has it."""
    tokens = office.service.tokens
    token = tokens.mint(office.request(request_id), act="review", now=office.clock())
    return f"/review/{obfuscated(token)}"
