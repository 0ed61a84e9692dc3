"""The proxy lets nobody through who is not signed in, and nothing pass that only Google may say."""

from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.iap import accounts, proxy
from tests.sandbox.conftest import Clock
from tests.sandbox.iap.conftest import Proxied
from tests.sandbox.iap.test_assertions import CLAIMS
from tests.support.drips import Dripping

GENERATED = "x-goog-iap-generated-response"
PATHS = ["/", "/health", "/ready", "/slack/events", "/review/abc", "/_gcp_iap_not/x"]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PUT"])
@pytest.mark.parametrize("path", PATHS)
def test_no_path_and_no_method_goes_around_it(proxied: Proxied, method: str, path: str) -> None:
    seen = proxied.get(path, method=method)
    assert (seen.status, seen.headers[GENERATED]) == (302, "true")
    assert seen.headers["location"].startswith(f"http://localhost:{proxied.box.port}/accounts/o/oauth2/v2/auth?")


def test_a_script_without_a_session_is_told_so(proxied: Proxied) -> None:
    seen = proxied.get("/", {"X-Requested-With": "XMLHttpRequest"})
    assert (seen.status, seen.headers[GENERATED]) == (401, "true")


def test_a_cookie_that_nobody_gave_out_signs_nobody_in(proxied: Proxied) -> None:
    assert proxied.get("/", {"Cookie": "GCP_IAP_AUTH_TOKEN=made-up"}).status == 302


def test_a_session_that_expired_signs_nobody_in(proxied: Proxied) -> None:
    signed_in = proxied.gate.sign_in("bob@example.com")
    assert proxied.get("/", signed_in).status == 200
    proxied.gate.sessions.expire("bob@example.com")
    assert proxied.get("/", signed_in).status == 302
    assert proxied.get("/", signed_in | {"X-Requested-With": "XMLHttpRequest"}).status == 401


def test_an_external_identity_is_signed_in_for_an_hour_and_google_accounts_stay_so(
    proxied: Proxied, clock: Clock
) -> None:
    outside, inside = (proxied.gate.sign_in(one) for one in (accounts.external(CLAIMS), "bob@example.com"))
    clock.forward(3599)
    assert [proxied.get("/", who).status for who in (outside, inside)] == [200, 200]
    clock.forward(1)
    assert [proxied.get("/", who).status for who in (outside, inside)] == [302, 200]


def test_who_holds_no_role_is_refused(proxied: Proxied) -> None:
    proxied.gate.accessors = frozenset({"bob@example.com"})
    assert proxied.by("bob@example.com").status == 200
    seen = proxied.by("gwen@partner.example", "/review/abc")
    assert (seen.status, seen.headers[GENERATED]) == (403, "true")
    assert "gwen@partner.example may not open this service" in seen.body
    assert "/review/abc?gcp-iap-mode=CLEAR_LOGIN_COOKIE" in seen.body


def test_what_only_google_may_say_is_stripped_and_said_anew(proxied: Proxied) -> None:
    forged = {
        "X-Goog-IAP-JWT-Assertion": "forged",
        "x-goog-authenticated-user-email": "accounts.google.com:alice@example.com",
        "X-GOOG-Authenticated-User-Id": "accounts.google.com:1",
        "X-Goog-Anything-Else": "forged",
        "Proxy-Authorization": "Basic eDp5",
        "X-Own": "kept",
    }
    seen = proxied.by("bob@example.com", "/", forged)
    assert seen.header("x-goog-authenticated-user-email") == ["accounts.google.com:bob@example.com"]
    (number,) = seen.header("x-goog-authenticated-user-id")
    assert number.startswith("accounts.google.com:1")
    assert len(number) == len("accounts.google.com:") + 21
    (signed,) = seen.header("x-goog-iap-jwt-assertion")
    assert signed.count(".") == 2
    assert (seen.header("x-goog-anything-else"), seen.header("proxy-authorization")) == ([], [])
    assert seen.header("x-own") == ["kept"]


def test_a_request_and_its_answer_pass_whole(proxied: Proxied) -> None:
    headers = {
        "Content-Type": "text/plain",
        "Cookie": "mine=1",
        "Authorization": "Basic eDp5",
        "Host": "localhost:1",
    }
    signed_in = proxied.gate.sign_in("bob@example.com")["Cookie"]
    headers["Cookie"] += f"; {signed_in}"
    seen = proxied.get("/a%2Fb/%C3%BC?x=%26&y", headers, method="POST", body="grüße".encode())

    assert (seen.reached["method"], seen.reached["body"]) == ("POST", "grüße")
    assert (seen.reached["target"], seen.header("host")) == ("/a%2Fb/%C3%BC?x=%26&y", ["localhost:1"])
    assert (seen.header("cookie"), seen.header("authorization")) == (["mine=1"], ["Basic eDp5"])
    assert (seen.cookies, seen.header("x-forwarded-proto")) == (["own=1", "other=2"], ["http"])
    assert GENERATED not in seen.headers


def test_a_name_of_the_web_that_leads_here_is_not_served(proxied: Proxied) -> None:
    assert proxied.by("bob@example.com", "/", {"Host": "evil.example"}).status == 404


@pytest.mark.parametrize("path", ["/_gcp_iap/", "/_gcp_iap/anything", "/_gcp_iap/open"])
def test_iaps_own_paths_never_reach_the_program(proxied: Proxied, path: str) -> None:
    assert proxied.by("bob@example.com", path).status == 404


def test_too_large_a_body_is_refused(proxied: Proxied, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.iap.replies.LARGEST", 10)
    assert proxied.by("bob@example.com", method="POST", body=b"0123456789").status == 200
    assert proxied.by("bob@example.com", method="POST", body=b"0123456789+").status == 413


def test_too_large_an_answer_is_not_passed_on(proxied: Proxied, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "LARGEST", 10)
    assert proxied.by("bob@example.com").status == 502


def test_a_program_that_is_gone_or_never_ends_its_answer_is_given_up(
    proxied: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxied.gate.upstream = "http://127.0.0.1:9"
    assert proxied.by("bob@example.com").status == 502
    monkeypatch.setattr(proxy, "PATIENCE", 0.5)
    with closing(Dripping("headers")) as slow:
        proxied.gate.upstream = slow.url
        assert proxied.by("bob@example.com").status == 502


def test_a_signed_in_person_learns_who_they_are(proxied: Proxied) -> None:
    assert proxied.get("/any?gcp-iap-mode=IDENTITY").status == 302
    told = proxied.by("bob@example.com", "/any?gcp-iap-mode=IDENTITY")
    assert told.reached["email"] == "accounts.google.com:bob@example.com"


def test_signing_out_ends_the_session_and_leads_back(proxied: Proxied) -> None:
    signed_in = proxied.gate.sign_in("bob@example.com")
    seen = proxied.get("/mine?a=1&gcp-iap-mode=CLEAR_LOGIN_COOKIE", signed_in)
    assert (seen.status, seen.headers["location"]) == (302, f"{proxied.gate.url}/mine?a=1")
    assert any(one.startswith("GCP_IAP_AUTH_TOKEN=") and "Max-Age=0" in one for one in seen.cookies)
    assert proxied.get("/mine?a=1", signed_in).status == 302


def test_no_answer_of_it_leads_to_another_host(proxied: Proxied) -> None:
    seen = proxied.by("bob@example.com", "//evil.example/x?gcp-iap-mode=CLEAR_LOGIN_COOKIE")
    assert urlsplit(seen.headers["location"]).netloc == urlsplit(proxied.gate.url).netloc
    seen = proxied.get("/_gcp_iap/open?as=bob@example.com&to=//evil.example/")
    asked = parse_qs(urlsplit(seen.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{proxied.gate.url}/_gcp_iap/authenticate"]
