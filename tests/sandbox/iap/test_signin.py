"""Signing in: one chooses who one is, the browser carries a code, and nobody else can use it."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from sandbox.iap.gate import CLIENT
from tests.sandbox.conftest import Clock
from tests.sandbox.iap.conftest import Proxied, Seen, ask
from tests.support.chromium import browser

__all__ = ["browser"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def asked(proxied: Proxied, **changes: str) -> dict[str, str]:
    """What the proxy asks a browser to fetch from Google."""
    sent = urlsplit(proxied.get("/mine").headers["location"])
    return dict(parse_qsl(sent.query)) | changes


def auth(proxied: Proxied, query: dict[str, str]) -> Seen:
    return ask(proxied.box.url, f"/accounts/o/oauth2/v2/auth?{urlencode(query)}")


def chosen(proxied: Proxied, form: dict[str, str], headers: dict[str, str] | None = None) -> Seen:
    body = urlencode(form).encode()
    where = "/accounts/o/oauth2/v2/auth"
    return ask(proxied.box.url, where, method="POST", headers=FORM | (headers or {}), body=body)


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": " "}, 400, "scope"),
        ({"code_challenge_method": "S512"}, 400, "challenge"),
    ],
)
def test_google_refuses_what_no_client_may_ask(
    proxied: Proxied, changes: dict[str, str], status: int, why: str
) -> None:
    seen = auth(proxied, asked(proxied, login_hint="bob@example.com") | changes)
    assert seen.status == status
    assert why in seen.body


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"email": "bob"}, "An address has the form"),
        ({"email": ""}, "An address has the form"),
        ({"gcip": "{"}, "no JSON"),
        ({"gcip": "[]"}, "no JSON object"),
        ({"gcip": "{}"}, "need `sub`"),
    ],
)
def test_nobody_signs_in_by_what_names_nobody(proxied: Proxied, form: dict[str, str], why: str) -> None:
    seen = chosen(proxied, asked(proxied) | form)
    assert seen.status == 400
    assert why in seen.body


def test_a_form_of_a_page_elsewhere_signs_nobody_in(proxied: Proxied) -> None:
    form = asked(proxied, email="bob@example.com")
    assert chosen(proxied, form, {"Origin": "https://evil.example"}).status == 403
    assert chosen(proxied, form, {"Host": "evil.example"}).status == 403
    assert chosen(proxied, form | {"more": "x" * 20_000}).status == 413
    assert chosen(proxied, form, {"Origin": proxied.box.url}).status == 302


def returned(proxied: Proxied) -> tuple[str, dict[str, str]]:
    """The path by which a browser comes back with a code, and the nonce that it keeps meanwhile."""
    sent = proxied.get("/mine?a=1")
    nonce = {"Cookie": sent.cookies[0].partition(";")[0]}
    form = dict(parse_qsl(urlsplit(sent.headers["location"]).query)) | {"email": "bob@example.com"}
    back = urlsplit(chosen(proxied, form).headers["location"])
    return f"{back.path}?{back.query}", nonce


def test_a_code_signs_in_once_and_leads_to_where_one_wanted_to_go(proxied: Proxied) -> None:
    path, nonce = returned(proxied)
    seen = proxied.get(path, nonce)
    assert (seen.status, seen.headers["location"]) == (302, f"{proxied.gate.url}/mine?a=1")
    session = {"Cookie": seen.cookies[0].partition(";")[0]}
    assert proxied.get("/", session).header("x-goog-authenticated-user-email") == [
        "accounts.google.com:bob@example.com"
    ]
    assert proxied.get(path, nonce).status == 400


def test_a_code_signs_no_other_browser_in(proxied: Proxied) -> None:
    path, _ = returned(proxied)
    _, other = returned(proxied)
    assert proxied.get(path).status == 400
    assert proxied.get(path, other).status == 400


def test_a_code_is_worth_nothing_after_a_minute(proxied: Proxied, clock: Clock) -> None:
    path, nonce = returned(proxied)
    clock.forward(60)
    assert proxied.get(path, nonce).status == 400


def test_a_code_of_another_client_signs_nobody_in(proxied: Proxied) -> None:
    path, nonce = returned(proxied)
    (code,) = proxied.box.signin.codes._held
    held = proxied.box.signin.codes._held[code]
    other = type(held.asked)(client="other", redirect="", scopes=frozenset())
    proxied.box.signin.codes._held[code] = type(held)(account=held.account, asked=other, until=held.until)
    assert proxied.get(path, nonce).status == 400


def test_the_mailbox_opens_a_link_as_a_person(proxied: Proxied) -> None:
    link = f"{proxied.gate.url}/review/abc?x=1"
    opened = proxied.gate.opened_as("carol@example.com", link)
    sent = proxied.get(opened.removeprefix(proxied.gate.url))
    query = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    assert query["login_hint"] == "carol@example.com"
    back = urlsplit(auth(proxied, query).headers["location"])
    seen = proxied.get(f"{back.path}?{back.query}", {"Cookie": sent.cookies[0].partition(";")[0]})
    assert seen.headers["location"] == link


@pytest.mark.parametrize("url", ["https://elsewhere.example/x", "http://localhost:1/x", "mailto:bob@example.com"])
def test_a_link_to_elsewhere_stays_as_it_is(proxied: Proxied, url: str) -> None:
    assert proxied.gate.opened_as("carol@example.com", url) == url


def test_an_external_identity_signs_in_by_its_claims(proxied: Proxied) -> None:
    form = asked(proxied, gcip='{"sub": "Zk31", "email": "eve@partner.example", "firebase": {}}', email="")
    assert chosen(proxied, form).status == 302


def test_the_proxy_is_a_client_of_googles(proxied: Proxied) -> None:
    assert asked(proxied)["client_id"] == CLIENT
