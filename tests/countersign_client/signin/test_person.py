"""A person signs in by a browser and calls through the proxy; each refusal on the way says what to do."""

import threading
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from countersign_client.errors import ClientError, Refused, Unreachable
from countersign_client.signin.desktop import Desktop
from countersign_client.signin.person import Person, sign_in
from sandbox.iap.gate import CLIENT, DESKTOP
from tests.sandbox.iap.conftest import Proxied
from tests.sandbox.iap.programs import FOREIGN, USER, called, proxied, running
from tests.support.drips import dripping
from tests.support.servers import serve

__all__ = ["proxied", "running"]

Browser = Callable[[str], None]


def bob(url: str) -> None:
    """A browser in which Bob is signed in at Google, and which goes where it is led."""
    visit(f"{url}&login_hint=bob%40example.com")


def visit(url: str) -> None:
    threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=30).close(), daemon=True).start()


def client(proxied: Proxied, **changes: str) -> Desktop:
    held = {
        "client_id": DESKTOP.id,
        "client_secret": DESKTOP.secret,
        "auth_uri": f"{proxied.box.accounts_url}/o/oauth2/v2/auth",
        "token_uri": proxied.box.token_url,
    }
    return Desktop(**held | changes)


def token(person: Person, timeout: float = 30.0) -> str:
    return person.token("https://countersign.example.com/v1/me", whole_host=False, timeout=timeout)


@pytest.fixture
def refresh(proxied: Proxied) -> str:
    return sign_in(client(proxied), open_browser=bob, timeout=30)


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    """Token endpoints that say something odd, each at a path of its own."""
    said: dict[str, Response] = {
        "no-token": JSONResponse({"id_token": "a.b.c", "scope": "openid email"}),
        "kept-back": JSONResponse({"refresh_token": "1//0x", "scope": "openid"}),
        "two-lines": JSONResponse(
            {"refresh_token": "1//0x\r\nHost: y", "scope": "openid email", "id_token": "a\nb"}
        ),
        "html": PlainTextResponse("<h1>Welcome to the hotel</h1>", 200),
        "broken": PlainTextResponse("oops", 500),
        "busy": JSONResponse({"error": "internal_failure"}, 503),
        "steering": JSONResponse({"error": "x\x1b[2J", "error_description": "a\nb\u202e"}, 400),
        "unknown": JSONResponse({"error": "invalid_client"}, 401),
    }

    async def answer(request: Request) -> Response:
        return said[request.path_params["name"]]

    with serve(Starlette(routes=[Route("/{name}", answer, methods=["POST"])])) as url:
        yield url


# --- what is refused


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("kept-back", Refused, "allow it to be seen"),
        ("no-token", Refused, "what came instead of a token is none"),
        ("two-lines", Refused, "what came instead of a token is none"),
        ("html", Refused, "what came instead of a token is none"),
        ("broken", Unreachable, "answers with HTTP 500"),
        ("busy", Unreachable, "answers with HTTP 503"),
        ("steering", Refused, "Google's token endpoint refuses: x"),
        ("unknown", Refused, "download its client_secret.json anew"),
    ],
)
def test_nobody_is_signed_in_by_an_odd_answer(
    proxied: Proxied, odd: str, name: str, kind: type[ClientError], sentence: str
) -> None:
    with pytest.raises(ClientError, match=sentence) as refused:
        sign_in(client(proxied, token_uri=f"{odd}/{name}"), open_browser=bob, timeout=30)
    assert type(refused.value) in (kind, *kind.__subclasses__())
    assert str(refused.value).isprintable()


def test_a_sign_in_for_which_nobody_comes_back_ends(proxied: Proxied) -> None:
    with pytest.raises(Unreachable, match="nobody came back"):
        sign_in(client(proxied), open_browser=lambda _: None, timeout=0.05)


def test_a_code_that_somebody_else_fetched_signs_nobody_in(proxied: Proxied) -> None:
    def another(url: str) -> None:
        """Bob's own browser brings a code which was fetched for another sign-in: its proof is not this one's."""
        parts = urlsplit(url)
        challenge = parse_qs(parts.query)["code_challenge"][0]
        bob(url.replace(challenge, "x" * 43))

    with pytest.raises(Refused, match="Invalid code verifier"):
        sign_in(client(proxied), open_browser=another, timeout=30)


def test_a_sign_in_that_was_revoked_is_over(proxied: Proxied, refresh: str) -> None:
    proxied.box.tokens.revoke("bob@example.com")
    with pytest.raises(Refused, match="run countersign login"):
        token(Person(client(proxied), refresh, iap_client=CLIENT))


def test_a_client_of_another_project_is_refused_by_what_is_wrong(proxied: Proxied) -> None:
    foreign = client(proxied, client_id=FOREIGN.id, client_secret=FOREIGN.secret)
    held = sign_in(foreign, open_browser=bob, timeout=30)
    with pytest.raises(Refused, match="both clients have to be of one project"):
        token(Person(foreign, held, iap_client=CLIENT))


def test_a_client_that_google_does_not_know_is_named(proxied: Proxied, refresh: str) -> None:
    with pytest.raises(Refused, match=r"download its client_secret\.json anew"):
        token(Person(client(proxied, client_id="1-none"), refresh, iap_client=CLIENT))


@pytest.mark.parametrize("step", ["headers", "body"])
def test_an_endpoint_that_answers_in_drops_is_left(proxied: Proxied, step: Any) -> None:
    with dripping(step) as server, pytest.raises(Unreachable, match="try again in a minute"):
        token(Person(client(proxied, token_uri=server.url), "1//0x", iap_client=CLIENT), timeout=0.4)


# --- what a person signs in with


def test_what_a_browser_is_asked_to_fetch_is_proved_by_who_asked(proxied: Proxied) -> None:
    opened: list[str] = []

    def noting(url: str) -> None:
        opened.append(url)
        bob(url)

    for _ in range(2):
        sign_in(client(proxied), open_browser=noting, timeout=30)
    asked = [{name: value[0] for name, value in parse_qs(urlsplit(url).query).items()} for url in opened]

    assert [(each["code_challenge_method"], each["scope"]) for each in asked] == [("S256", "openid email")] * 2
    assert all(urlsplit(each["redirect_uri"]).hostname == "127.0.0.1" for each in asked)
    assert all(len(each[name]) >= 43 for each in asked for name in ("state", "code_challenge"))
    assert len({each[name] for each in asked for name in ("state", "code_challenge")}) == 4


def test_who_has_signed_in_calls_through_the_proxy(proxied: Proxied, refresh: str) -> None:
    for iap_client in (CLIENT, ""):
        seen = called(proxied, token(Person(client(proxied), refresh, iap_client=iap_client)))
        assert seen.header(USER) == ["accounts.google.com:bob@example.com"]


def test_a_token_serves_until_it_ends(proxied: Proxied, refresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(client(proxied), refresh, iap_client=CLIENT)
    first = token(person)
    proxied.box.tokens.revoke("bob@example.com")
    assert token(person) == first
    monkeypatch.setattr("countersign_client.signin.person.expires", lambda _: 0.0)
    with pytest.raises(Refused, match="run countersign login"):
        token(person)
