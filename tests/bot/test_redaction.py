"""What is taken out of a text whatever it is wrapped in, and what stays."""

import base64
import functools
import time
from collections.abc import Callable
from urllib.parse import quote

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import Redaction
from handlers.applications.record import APPLICATIONS
from handlers.settings import Secret
from handlers.slack.record import SLACK

REDACTION = Redaction([Secret("hunter2-secret")], hidden=SLACK.hidden)
TOKENS = [
    "hunter2-secret",
    jwt.encode({"jti": "abc-123", "knd": "activation"}, "k" * 32, algorithm="HS256"),
    "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy",
    "xapp-1-A02-123-0123456789abcdef",
    "ya29.a0AfH6SMBx-abc_def",
    "1//0gLongRefreshTokenOfGoogle-abc_DEF123",
    "GOCSPX-aClientSecret_of-Google",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqh\n-----END PRIVATE KEY-----",
]


def everything_escaped(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "address": lambda text: quote(text, safe=""),
    "address, every letter": everything_escaped,
    "address, twice": lambda text: everything_escaped(everything_escaped(text)),
    "base64": in_base64,
    "base64 of an address": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 behind one letter": lambda text: in_base64(f"a{text}"),
    "base64 behind two letters": lambda text: in_base64(f"ab{text}"),
    "base64 in the middle of others": lambda text: in_base64(f"user {text} and so on"),
    "base64 in an address": lambda text: quote(in_base64(text), safe=""),
    "base64 twice": lambda text: in_base64(in_base64(text)),
    "base64 behind a word": lambda text: f"key{in_base64(text)}",
}


def test_a_secret_that_signs_webhooks_is_removed() -> None:
    said = Redaction([], hidden=APPLICATIONS.hidden).clean("before whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw= after")

    assert said.startswith("before ")
    assert "MfKQ9" not in said
    assert said.endswith(" after")


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("hidden", TOKENS)
def test_a_secret_is_removed_however_it_is_encoded(hidden: str, encode: Callable[[str], str]) -> None:
    encoded = encode(hidden)
    said = REDACTION.clean(f"before {encoded} after")

    assert said.startswith("before ")
    assert said.endswith(" after")
    # Sixteen letters are what somebody could still use.
    assert not any(encoded[start : start + 16] in said for start in range(max(1, len(encoded) - 15)))
    assert hidden not in said


def wrapped(text: bytes, *, times: int) -> str:
    return functools.reduce(lambda inner, _: base64.b64encode(inner), range(times), text).decode()


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("a" * 100_000, id="one word"),
        pytest.param("%41" * 50_000, id="escapes"),
        pytest.param("%" + "25" * 50_000 + "41", id="escapes of escapes"),
        pytest.param("%" * 100_000, id="signs of escapes"),
        pytest.param("A(a=" * 50_000, id="records that do not close"),
        pytest.param("A(a=1)" * 50_000, id="records"),
        pytest.param("A(a=')" * 50_000, id="quotes that do not close"),
        pytest.param("A(a=" + "'\\" * 50_000, id="quotes that each begin anew"),
        pytest.param("basic " * 20_000, id="basic"),
        pytest.param("1//" * 50_000, id="the beginnings of tokens"),
        pytest.param(wrapped(b"x" * 80, times=12), id="base64 of base64"),
    ],
)
def test_a_hostile_text_takes_no_long_time(hostile: str) -> None:
    began = time.process_time()
    REDACTION.clean(hostile)

    assert time.process_time() - began < 2.0


@pytest.mark.parametrize("hostile", ["a=" * 4_000, "a=(" * 2_600, "a=.a=-a=%" * 880])
def test_what_begins_like_a_form_again_and_again_is_read_once(hostile: str) -> None:
    began = time.process_time()
    for _ in range(20):
        REDACTION.clean(hostile)

    assert time.process_time() - began < 2.0


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("sent a=1&b=2&c=3 there", "sent [body] there"),
        ("sent (a=1&b=2&c=3) there", "sent ([body] there"),
        ("x=(a=1&b=2&c=3 there", "[body] there"),
        ("/api?a=1&b=2&c=3", "/api?[body]"),
        ("a&b=1&c=2&d=3", "a&[body]"),
        ("=a=1&b=2&c=3", "=[body]"),
        ("a=1&&b=2&c=3&d=4", "a=1&&[body]"),
        ("why?payload=%7B", "why?[body]"),
        ("a=1&b=2", "a=1&b=2"),
    ],
)
def test_a_form_is_hidden_wherever_it_begins(said: str, left: str) -> None:
    assert REDACTION.clean(said) == left


WORDS = "% 25 41 eyJ A(a= ' ( ) xoxb- 1// basic bearer wss:// ?ticket= = & { [ / + QUFB v0= ä aaaaaaaaaaaaaaaaa"
PIECES = st.sampled_from(
    [*WORDS.split(), '"', " ", "basic ", "\\", "\x00", "\ud800", "-----BEGIN PRIVATE KEY-----"]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=60).map("".join))
def test_no_text_is_too_odd_to_be_cleaned(text: str) -> None:
    assert isinstance(REDACTION.clean(text), str)
    assert isinstance(REDACTION.without_tokens(f"basic {text}"), str)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("could not keep Request(id='r-1', why=Typed(text='x')) now", "could not keep Request([record]) now"),
        ("Typed(text='a ) and a \\' in it') and Other(b=1)", "Typed([record]) and Other([record])"),
        ("HTTPSConnectionPool(host='x', port=443): timed out", "HTTPSConnectionPool([record]): timed out"),
        ("Typed(text='never closed", "Typed([record]"),
    ],
)
def test_a_record_leaves_its_name_and_what_stands_around_it(said: str, left: str) -> None:
    assert REDACTION.clean(said) == left


@pytest.mark.parametrize(
    "sentence",
    [
        "request r-0123456789 approved by bob@example.com until 2026-01-01T00:00:00Z",
        "compare it with the Signing Secret on the app's Basic Information page (2 more since this was said last)",
        "basic roles take no condition: roles/owner on projects/shop-production-europe-west1",
        "GET https://cloudresourcemanager.googleapis.com/v3/projects/shop%20prod:getIamPolicy?alt=json failed",
        "digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 of sqlite:////var/lib/x.db",
        "the Web API (of Slack) answers again after f(x=1) tries",
    ],
)
def test_plain_sentences_stay_as_they_are(sentence: str) -> None:
    assert REDACTION.clean(sentence) == sentence


def test_a_marker_of_eligibility_stays_as_it_is_to_be_written_and_hides_no_body_behind_it() -> None:
    said = "bindings[2]: Write has({}.jitAccessConstraint), joined by && to the rest"

    assert REDACTION.clean(said) == said
    assert REDACTION.clean(said + ' {"text": "why"}') == f"{said} [body]"
