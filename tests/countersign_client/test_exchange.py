"""A call ends in an answer, or in one sentence that says what to do; what is sent twice is done once."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from countersign_client import exchange
from countersign_client.errors import ClientError, Refused, Unreachable, Unusable
from countersign_client.exchange import Exchange
from countersign_client.refusals import Problem
from countersign_client.signin.kept import Login
from countersign_client.signin.person import Person
from countersign_client.signin.service_accounts import IdTokens, OwnJwts, fetched, signed
from countersign_client.signin.ways import credential
from sandbox.iap.gate import CLIENT, DESKTOP
from tests.countersign_client.signin.test_person import bob, client
from tests.sandbox.iap.conftest import Proxied
from tests.sandbox.iap.programs import ROBOT, USER, key, proxied, running
from tests.support.drips import dripping
from tests.support.said import SECRET, Said, Token
from tests.support.servers import serve

__all__ = ["key", "proxied", "running"]


@pytest.fixture(scope="module")
def server() -> Iterator[Said]:
    said = Said()
    with serve(said) as said.url:
        yield said


@pytest.fixture
def calls(server: Said, monkeypatch: pytest.MonkeyPatch) -> Exchange:
    monkeypatch.setattr(exchange, "_PAUSES", (0.0,) * 3)
    return Exchange(server.url, Token(), auth_host="accounts.google.com")


PROBLEM = "application/problem+json"
JSON = {"content-type": "application/json"}
IAP = {"x-goog-iap-generated-response": "true", "content-type": "text/plain"}
HTML = {"content-type": "text/html"}


def problem(status: int, code: str, **more: str) -> tuple[int, Mapping[str, str], dict[str, str]]:
    return status, {"content-type": PROBLEM, **more}, {"code": code, "detail": f"It is {code}."}


# --- what the proxy refuses, and what is no answer of the service


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((302, IAP | {"location": "https://accounts.google.com/o/x"}, b""), "--proxy-authorization"),
        ((302, IAP | {"location": "https://auth.cloud.google/signin/x"}, b""), "workforce identity pool"),
        ((302, IAP | {"location": "https://login.example.com/"}, b""), "external identities sign in here"),
        ((302, IAP | {"location": "https://accounts.google.com@evil.example/"}, b""), "external identities"),
        ((302, IAP, b""), "external identities"),
        (
            (401, IAP, b"Invalid IAP credentials: Invalid bearer token. Invalid JWT audience."),
            "the audience is wrong",
        ),
        ((401, IAP, b"Audience specified does not match requested endpoint"), "the audience is wrong"),
        ((401, IAP, b"Invalid IAP credentials: JWT has expired"), "clock is right"),
        ((401, IAP, b"The token has no email claim"), "fetched with the address in it"),
        ((401, IAP, b"JWT signature is invalid"), "make the service account a new one"),
        ((401, IAP, b"Something\x1b[2J\nnew"), "does not take this sign-in: Something"),
        ((403, IAP | HTML, b"<h1>You don't have access</h1>"), r"roles/iap\.httpsResourceAccessor"),
        ((200, HTML, b"<h1>Welcome to the hotel's network</h1>"), "is not Countersign"),
        ((404, HTML, b"<h1>Not found</h1>"), "is not Countersign"),
    ],
)
def test_an_answer_of_the_proxys_becomes_a_sentence(
    server: Said, calls: Exchange, answer: tuple[int, Mapping[str, str], bytes], sentence: str
) -> None:
    server.says(answer)
    with pytest.raises(Refused, match=sentence) as refused:
        calls.get("/v1/me")
    assert str(refused.value).isprintable()
    assert not isinstance(refused.value, Problem)


def test_a_redirect_is_not_followed(server: Said, calls: Exchange) -> None:
    server.says((302, {"location": f"{server.url}/trap"}, b""), (200, JSON, {"principal": "x"}))
    with pytest.raises(Refused):
        calls.get("/v1/me")
    assert [path for _, path, _, _ in server.came] == ["/v1/me"]


@pytest.mark.parametrize(
    "url", ["", "countersign.example.com", "http://countersign.example.com", "https://a@b.example"]
)
def test_no_secret_goes_to_an_address_without_tls(url: str) -> None:
    with pytest.raises(Unusable, match="starts with https://"):
        Exchange(url, Token())


@pytest.mark.parametrize("url", ["https://h.example/path", "https://h.example/?x=1"])
def test_an_address_with_more_than_a_host_is_refused(url: str) -> None:
    with pytest.raises(Unusable, match="of its host alone"):
        Exchange(url, Token())


def test_who_signs_in_by_what_the_proxy_does_not_take_is_told_what_would_mend_it(
    proxied: Proxied, key: dict[str, str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key.json").write_text(json.dumps(key))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    held = Person(client(proxied), _refresh(proxied), iap_client=CLIENT)
    alone = Person(client(proxied), _refresh(proxied))
    robot, own = IdTokens(CLIENT, fetched), OwnJwts(signed)
    bearers = proxied.gate.bearers

    def why(who: Any) -> str:
        with pytest.raises(Refused) as refused:
            Exchange(proxied.gate.url, who).get("/v1/me")
        return str(refused.value)

    bearers.is_googles_client = True
    assert "--by own-jwt" in why(robot)
    assert Exchange(proxied.gate.url, own).get("/v1/me")["method"] == "GET"
    bearers.clients = set()
    assert "With an OAuth client that Google manages" in why(alone)
    bearers.is_googles_client = False
    assert "lists the client under programmaticClients" in why(held)
    bearers.clients, bearers.is_external = {DESKTOP.id}, True
    assert {"external identities" in why(who) for who in (held, robot, own)} == {True}
    bearers.is_external = False
    monkeypatch.setattr(proxied.gate, "accessors", frozenset({"alice@example.com"}))
    assert {"roles/iap.httpsResourceAccessor" in why(who) for who in (held, robot, own)} == {True}


def _refresh(proxied: Proxied) -> str:
    from countersign_client.signin.person import sign_in  # noqa: PLC0415

    return sign_in(client(proxied), open_browser=bob, timeout=30)


# --- what the service refuses


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(403, "not_yours"), Problem),
        (problem(409, "changed"), Problem),
        (problem(422, "duration.long"), Problem),
        (problem(429, "limit.waiting", **{"retry-after": "1"}), Problem),
        (problem(500, "unexpected"), Unreachable),
        ((400, {"content-type": PROBLEM}, b"not JSON"), Problem),
    ],
)
def test_what_the_service_refuses_is_said_once_and_not_sent_again(
    server: Said, calls: Exchange, answer: Any, kind: type[ClientError]
) -> None:
    server.says(answer)
    with pytest.raises(kind) as refused:
        calls.post("/v1/requests", {"entitlement": "x"})
    assert len(server.came) == 1
    assert SECRET not in str(refused.value)


def test_a_problem_says_all_that_stands_against_it_and_where_to_go(server: Said, calls: Exchange) -> None:
    errors = [{"detail": "Too long."}, {"detail": "No reason."}, {"detail": "It cannot be."}, "odd"]
    told = {"code": "many", "detail": "It cannot be.", "errors": errors, "page": "https://h.example/request/r-1"}
    server.says((403, {"content-type": PROBLEM}, told))
    with pytest.raises(Problem) as refused:
        calls.get("/v1/requests/r-1")
    assert (refused.value.code, refused.value.page) == ("many", "https://h.example/request/r-1")
    assert refused.value.problems == [
        "It cannot be.",
        "Too long.",
        "No reason.",
        "The page: https://h.example/request/r-1",
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"[" * 100_000, b'{"a": '])
def test_an_answer_in_another_form_is_none(server: Said, calls: Exchange, body: bytes) -> None:
    server.says((200, JSON, body))
    with pytest.raises(Unreachable, match="another form"):
        calls.get("/v1/me")


# --- what is lost on the way


@pytest.mark.parametrize(
    "lost",
    [
        (0, JSON, b"{"),
        problem(503, "unavailable", **{"retry-after": "0"}),
        problem(503, "late"),
        (502, HTML, b"<h1>Bad gateway</h1>"),
        problem(409, "idempotency.running", **{"retry-after": "0"}),
        problem(409, "conflict", **{"retry-after": "0"}),
        problem(429, "pace", **{"retry-after": "0"}),
    ],
    ids=["broken off", "unavailable", "late", "gateway", "running", "conflict", "pace"],
)
def test_a_lost_answer_is_asked_for_again_by_the_same_key(server: Said, calls: Exchange, lost: Any) -> None:
    server.says(lost, lost, (201, JSON, {"id": "r-1"}))
    assert calls.post("/v1/requests", {"entitlement": "x"}) == {"id": "r-1"}

    sent = {(headers["idempotency-key"], body) for _, _, headers, body in server.came}
    assert (len(server.came), len(sent)) == (3, 1)
    ((sent_key, _),) = sent
    assert len(sent_key) > 20
    assert (sent_key[0], sent_key[-1]) == ('"', '"')


def test_each_call_has_a_key_of_its_own(server: Said, calls: Exchange) -> None:
    server.says((201, JSON, {"id": "r-1"}))
    for _ in range(2):
        calls.post("/v1/requests", {"entitlement": "x"})
    calls.post("/v1/requests", {"entitlement": "x"}, key="mine")
    keys = [headers["idempotency-key"] for _, _, headers, _ in server.came]
    assert len(set(keys)) == 3
    assert keys[-1] == '"mine"'


def test_a_service_that_never_answers_whole_is_left_with_what_that_may_mean(server: Said, calls: Exchange) -> None:
    server.says((0, JSON, b"{"))
    with pytest.raises(Unreachable, match="may have been done: look before you ask again"):
        calls.post("/v1/requests", {"entitlement": "x"})
    with pytest.raises(Unreachable, match="whether the address is right"):
        calls.get("/v1/me")
    assert len(server.came) == 2 * (3 + 1)


def test_a_service_that_answers_in_drops_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", 0.5)
    with dripping("body") as server, pytest.raises(Unreachable, match="no whole answer"):
        Exchange(server.url, Token()).get("/v1/me")


def test_who_asks_to_be_left_alone_for_longer_than_there_is_time_is_not_waited_for(
    server: Said, calls: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", 5.0)
    server.says(problem(429, "pace", **{"retry-after": "3600"}))
    with pytest.raises(Problem):
        calls.get("/v1/me")
    assert len(server.came) == 1


# --- what is sent


def test_a_token_names_the_address_and_where_that_is_not_taken_the_whole_host(server: Said) -> None:
    wrong = (401, IAP, b"Audience specified does not match requested endpoint")
    server.says(wrong, (200, JSON, {"a": 1}))
    token = Token()
    calls = Exchange(server.url, token)

    assert calls.get("/v1/requests", {"list": "mine"}) == {"a": 1}
    assert calls.get("/v1/me") == {"a": 1}
    listed, me = f"{server.url}/v1/requests", f"{server.url}/v1/me"
    assert token.asked == [(listed, False), (listed, True), (me, True)]


@pytest.mark.parametrize(("proxy", "header"), [(False, "authorization"), (True, "proxy-authorization")])
def test_the_credential_goes_in_one_header_alone(server: Said, *, proxy: bool, header: str) -> None:
    server.says((200, JSON, {}))
    Exchange(server.url, Token(), proxy_authorization=proxy).get("/v1/me")
    ((_, _, headers, _),) = server.came
    assert headers[header] == f"Bearer {SECRET}"
    assert [name for name, value in headers.items() if SECRET in value] == [header]


def test_both_headers_come_through_the_proxy(proxied: Proxied, key: dict[str, str]) -> None:
    held = credential(
        Login(url=proxied.gate.url, by="person", client=client(proxied), refresh_token=_refresh(proxied))
    )
    for proxy in (False, True):
        told = Exchange(proxied.gate.url, held, proxy_authorization=proxy).get("/v1/me", {"q": "ß&x"})
        assert dict(told["headers"])[USER] == "accounts.google.com:bob@example.com"
        assert told["target"] == "/v1/me?q=%C3%9F%26x"
    assert ROBOT not in str(told)
