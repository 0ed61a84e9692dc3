"""Signing in by password, by one in Secret Manager, and by token; what is refused is read anew, once."""

import base64
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from approvals.backends.calls import Response
from approvals.refusals.errors import Unavailable
from bot.outside import outside
from handlers.channel import Outside
from handlers.mail.server import Server
from handlers.mail.settings import OAuth
from handlers.mail.sign_in import SCOPE, SignIn
from handlers.mail.smtp import Trouble
from handlers.seldom import Seldom
from handlers.settings import Secret
from tests.support.certificates import certificate, trusted
from tests.support.mails import PASSWORD, TOKEN, USER, MailServer, mail_server, mail_settings
from tests.support.servers import serve

TO, CONTENT, LONG = "bob@example.com", b"Subject: Hello\r\n\r\nHello.\r\n", 60.0
SECRET = "projects/shop/secrets/smtp/versions/latest"
BLANK = OAuth(token_url="", client_id="app", client_secret=Secret("s3cret"))
Sending = Callable[..., Server]


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    pem, public = certificate(tmp_path)
    with mail_server(pem) as running, trusted(public, monkeypatch):
        yield running


@pytest.fixture
def sending(box: MailServer) -> Iterator[Sending]:
    made: list[Server] = []

    def make(calls: Outside | None = None, **changes: Any) -> Server:
        settings, calls = mail_settings(box.port, **changes), calls or outside(base_url=None)
        seldom = Seldom(logging.getLogger("test"))
        made.append(Server(settings, dial=calls.dial, sign_in=SignIn(settings, outside=calls), seldom=seldom))
        return made[-1]

    yield make
    for each in made:
        each.close()


def keeping(*versions: bytes | Exception) -> tuple[Outside, list[str]]:
    """What reads a secret: one version after the other."""
    asked: list[str] = []

    def secret(version: str, *, timeout: float) -> bytes:
        asked.append(version)
        found = versions[min(len(asked), len(versions)) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    return msgspec.structs.replace(outside(base_url=None), secret=secret), asked


class TokenEndpoint:
    """A token endpoint (RFC 6749), which keeps what it was asked."""

    def __init__(self, *answers: tuple[int, dict[str, Any]]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, list[str]]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(parse_qs((await receive())["body"].decode()))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def good(token: str = TOKEN, *, lasts: int = 3600) -> tuple[int, dict[str, Any]]:
    return 200, {"access_token": token, "expires_in": lasts, "token_type": "Bearer"}


def by_token(url: str) -> dict[str, Any]:
    return {"oauth": msgspec.structs.replace(BLANK, token_url=url), "password": None}


# --- by password


def test_a_wrong_password_is_trouble_and_is_tried_once(box: MailServer, sending: Sending) -> None:
    with pytest.raises(Trouble, match="sign-in: 535"):
        sending(password=Secret("wrong")).send(TO, CONTENT, timeout=LONG)
    assert box.signed_in == [USER]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_secret_wins_over_a_password_and_loses_the_newline_of_echo(
    box: MailServer, sending: Sending, ending: bytes
) -> None:
    calls, asked = keeping(PASSWORD.encode() + ending)
    sending(calls, secret=SECRET, password=Secret("old")).send(TO, CONTENT, timeout=LONG)

    assert (asked, len(box.received)) == ([SECRET], 1)


@pytest.mark.parametrize("held", [b"", b"\n", b"two\nlines", "p\u00e4ss".encode(), b"app password\n\n"])
def test_a_secret_that_is_no_password_is_not_shown_to_anybody(
    box: MailServer, sending: Sending, held: bytes
) -> None:
    with pytest.raises(Trouble, match="SMTP_SECRET holds no single line"):
        sending(keeping(held)[0], secret=SECRET).send(TO, CONTENT, timeout=LONG)
    assert box.signed_in == []


def test_a_secret_is_read_again_when_the_server_refuses_what_it_held(box: MailServer, sending: Sending) -> None:
    calls, asked = keeping(b"old", PASSWORD.encode())
    sending(calls, secret=SECRET).send(TO, CONTENT, timeout=LONG)

    assert len(asked) == 2
    assert len(box.received) == 1


def test_a_secret_that_has_not_changed_is_not_shown_twice(box: MailServer, sending: Sending) -> None:
    calls, asked = keeping(b"old")
    with pytest.raises(Trouble, match="535"):
        sending(calls, secret=SECRET).send(TO, CONTENT, timeout=LONG)
    assert (len(asked), len(box.signed_in)) == (2, 1)


def test_a_secret_that_is_closed_says_what_to_mend(sending: Sending) -> None:
    closed = Unavailable("projects/shop/secrets/smtp is closed to this service: grant its account the accessor")
    with pytest.raises(Trouble, match="grant its account"):
        sending(keeping(closed)[0], secret=SECRET).send(TO, CONTENT, timeout=LONG)


# --- by a token


def test_a_token_of_client_credentials_signs_in(box: MailServer, sending: Sending) -> None:
    endpoint = TokenEndpoint(good())
    with serve(endpoint) as url:
        sender = sending(**by_token(url))
        sender.send(TO, CONTENT, timeout=LONG)

    assert endpoint.asked == [
        {
            "grant_type": ["client_credentials"],
            "client_id": ["app"],
            "client_secret": ["s3cret"],
            "scope": [SCOPE],
        }
    ]
    assert SCOPE == "https://outlook.office365.com/.default"
    assert box.signed_in == [USER]
    assert len(box.received) == 1


def test_an_error_that_comes_as_a_challenge_is_answered_by_an_empty_line(
    box: MailServer, sending: Sending
) -> None:
    with serve(TokenEndpoint(good("stale"))) as url, pytest.raises(Trouble, match=r"sign-in: 535 5\.7\.3"):
        sending(**by_token(url)).send(TO, CONTENT, timeout=LONG)
    assert box.answered == ["\r\n"]


def test_a_token_that_is_refused_is_asked_for_anew(box: MailServer, sending: Sending) -> None:
    endpoint = TokenEndpoint(good("stale"), good())
    with serve(endpoint) as url:
        sending(**by_token(url)).send(TO, CONTENT, timeout=LONG)

    assert len(endpoint.asked) == 2
    assert len(box.received) == 1


@pytest.mark.parametrize(("lasts", "asked"), [(3600, 1), (60, 2)])
def test_a_token_serves_until_shortly_before_its_end(sending: Sending, lasts: int, asked: int) -> None:
    endpoint = TokenEndpoint(good(lasts=lasts))
    with serve(endpoint) as url:
        sender = sending(**by_token(url))
        for _ in range(2):
            sender.opened(LONG).close()

    assert len(endpoint.asked) == asked


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            (
                401,
                {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid secret.\r\nTrace"},
            ),
            "invalid_client AADSTS7000215: Invalid secret.",
        ),
        ((200, {"token_type": "Bearer"}), "refused: 200"),
        ((200, {"access_token": 7}), "gave no answer"),
        ((500, {"access_token": "\u00e4"}), "refused: 500"),
    ],
)
def test_a_token_endpoint_that_gives_none_is_trouble_and_is_said(
    box: MailServer, sending: Sending, answer: tuple[int, dict[str, Any]], said: str
) -> None:
    with serve(TokenEndpoint(answer)) as url:
        sender = sending(**by_token(url))
        with pytest.raises(Trouble, match="token: "):
            sender.send(TO, CONTENT, timeout=LONG)

    assert said in sender.complaint()
    assert "s3cret" not in sender.complaint()
    assert box.signed_in == []


def test_the_mechanism_is_written_as_microsoft_says(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Line:
        def answer(self, step: str, ask: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
            return ask()

        def docmd(self, command: str, args: str = "") -> tuple[int, bytes]:
            sent.append(f"{command} {args}")
            return 235, b"in"

    calls = msgspec.structs.replace(
        outside(base_url=None), send=lambda *_, **__: Response(200, {}, json.dumps(good()[1]).encode())
    )
    SignIn(mail_settings(**by_token("https://login.example.com")), outside=calls)(Line())  # type: ignore[arg-type]

    kind, _, shown = sent[0].partition("XOAUTH2 ")
    assert kind == "AUTH "
    assert base64.b64decode(shown) == f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01".encode()
