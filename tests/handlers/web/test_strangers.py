"""Nobody sees a page whom Identity-Aware Proxy did not let in, and nothing that is sent to one decides."""

import http.client
import socket
from collections.abc import Mapping

import pytest

from handlers.identity.iap import HEADER
from sandbox.iap.accounts import external, google
from tests.handlers.web.conftest import ALICE, BOB
from tests.support.running import Running
from tests.support.visits import Answer, Browser, forms, link

PROTECTING = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
LOADING = {
    "default-src": "'none'",
    "style-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
TESTS = ("FUTURE_ISSUE", "PAST_EXPIRATION", "ISSUER", "AUDIENCE", "SIGNATURE")


def direct(
    office: Running, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> tuple[int, str]:
    """Call the service past the proxy."""
    connection = http.client.HTTPConnection(office.url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def require_protected(answer: Answer) -> None:
    """No inline code, nothing from elsewhere, no frame, nothing kept and nothing passed on."""
    said = dict(each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";"))
    assert said == LOADING
    assert {name: answer.headers.get(name) for name in PROTECTING} == PROTECTING


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Goog-Authenticated-User-Email": f"accounts.google.com:{BOB}", "X-Goog-Authenticated-User-Id": "1"},
        {HEADER.decode(): "ey00"},
        {"Authorization": "Bearer ey00", "Cookie": "GCP_IAP_UID=1"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_past_the_proxy_nobody_sees_anything(office: Running, method: str, headers: dict[str, str]) -> None:
    asked = office.ask("alice", "admin")
    for path in (link(office, asked), "/review/x", "/", f"/request/{asked}", "/assets/pages.css", "/assets/"):
        status, body = direct(office, method, path, headers)
        assert status == 403
        assert asked not in body
    assert office.request(asked).reviews == ()


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_health_needs_no_assertion(office: Running, path: str) -> None:
    assert direct(office, "GET", path, {})[0] == 200


@pytest.mark.parametrize(
    "path", ["/health/", "/Health", "/health/x", "/review/../health", "/ready/", "/review", "//review/x"]
)
def test_and_that_only_by_exactly_these_paths(office: Running, path: str) -> None:
    assert direct(office, "GET", path, {})[0] in (403, 404)


@pytest.mark.parametrize("test", TESTS)
def test_the_proxy_s_own_test_mode_is_refused(office: Running, test: str) -> None:
    asked = office.ask("alice", "admin")
    mode = f"?gcp-iap-mode=SECURE_TOKEN_TEST&iap-secure-token-test-type={test}"

    page = Browser(office, BOB).get(link(office, asked) + mode)

    assert page.status == 403
    assert "your organisation's sign-in" in page.words
    assert asked not in page.body


def test_its_mode_that_changes_nothing_is_not(office: Running) -> None:
    asked = office.ask("alice", "admin")
    mode = "?gcp-iap-mode=SECURE_TOKEN_TEST&iap-secure-token-test-type=NOT_SET"

    assert Browser(office, BOB).get(link(office, asked) + mode).status == 200


def test_a_scanner_that_opens_every_link_and_sends_every_form_decides_nothing(office: Running) -> None:
    asked = office.ask("alice", "admin")
    path, scanner = link(office, asked), Browser(office)
    seen = forms(Browser(office, BOB).get(path))

    for method in ("GET", "HEAD", "GET"):
        assert scanner.get(path, method=method).status == 302
    for form in seen.values():
        where = form["action"]
        assert scanner.post(where, form).status == 302
        body = "&".join(f"{name}={value}" for name, value in form.items()).encode()
        assert direct(office, "POST", where, {"Content-Type": "application/x-www-form-urlencoded"}, body)[0] == 403

    assert office.request(asked).reviews == ()


def test_a_host_that_spells_another_path_leads_nowhere_else(office: Running) -> None:
    asked = office.ask("alice", "admin")
    assert office.box.iap is not None
    path = link(office, asked)

    status, body = direct(office, "GET", "/assets/none", {"Host": f"localhost{path}?"})

    assert status in (400, 403)
    assert asked not in body


def test_who_hangs_up_in_the_middle_of_a_form_leaves_no_trace(
    office: Running, caplog: pytest.LogCaptureFixture
) -> None:
    host, _, port = office.url.removeprefix("http://").partition(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as line:
            line.sendall(b"POST /review/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nkind=")
    office.until(lambda: direct(office, "GET", "/health", {})[0] == 200)

    assert not [record for record in caplog.records if record.exc_info]


def test_of_a_form_that_nobody_vouches_for_nothing_is_read(office: Running) -> None:
    host, _, port = office.url.removeprefix("http://").partition(":")
    head = "POST /review/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(f"{head}Content-Length: 1000\r\n\r\nkind=".encode())
        answer = http.client.HTTPResponse(line, method="POST")
        answer.begin()

    assert (answer.status, answer.getheader("Connection")) == (403, "close")


@pytest.mark.parametrize("path", ["/none", "/none/of/it", "/wp-login.php", "/assets/none", "//none", "/requests"])
def test_a_path_that_leads_nowhere_is_a_page_to_whom_we_know_and_nothing_to_others(
    office: Running, path: str
) -> None:
    known = Browser(office, "eve@example.com").get(path)

    assert known.status == 404
    assert "There is nothing here, or it is not yours to see." in known.words
    assert '<a href="/">What waits for you' in known.body
    require_protected(known)
    status, body = direct(office, "GET", path, {})
    assert "<html" not in body or status == 403
    stranger = Browser(office, "eve@elsewhere.example").get(path)
    assert stranger.status in (403, 404)
    assert 'href="/"' not in stranger.body


@pytest.mark.parametrize(
    ("who", "path", "back"),
    [
        ("eve@elsewhere.example", "/", "/"),
        ("eve@elsewhere.example", "/ask/admin?gcp-x=1", "/ask/admin"),
        ("eve@elsewhere.example", "//evil.example/x", "/"),
        ("eve@example.com", "/request/r-0000000000?to=//evil.example", "/request/r-0000000000"),
        ("eve@example.com", "/request/%22%3E%3Cb%3E", "/request/%22%3E%3Cb%3E"),
    ],
)
def test_the_wrong_account_can_sign_in_with_another_and_comes_back_to_the_same_page(
    office: Running, who: str, path: str, back: str
) -> None:
    page = Browser(office, who).get(path)

    if who == "eve@example.com" or not path.startswith("//"):
        assert f'<a href="{back}?gcp-iap-mode=CLEAR_LOGIN_COOKIE">Sign in with another account</a>' in page.body
    assert "evil" not in page.body
    assert "<b>" not in page.body
    assert "CLEAR_LOGIN_COOKIE" not in direct(office, "GET", "/", {})[1]


def test_opening_a_link_decides_nothing_whoever_opens_it(office: Running) -> None:
    asked = office.ask("alice", "admin")
    before = office.request(asked)

    for who in (ALICE, BOB, "eve@example.com"):
        for method in ("GET", "HEAD"):
            Browser(office, who).get(f"{link(office, asked)}?kind=approve&verdict=approve", method=method)

    assert office.request(asked) == before


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (google("bob@example.com", hd=""), "a private Google account"),
        (google("bob@example.com", hd="example.org"), "an account of example.org"),
        (google("bob@example.org"), "an account of example.org"),
        (google("bot@shop-prod.iam.gserviceaccount.com", hd=""), "Service accounts cannot"),
        (
            external(
                {
                    "sub": "1",
                    "email": BOB,
                    "email_verified": True,
                    "firebase": {"sign_in_provider": "saml.corp", "tenant": "tenant-1"},
                }
            ),
            "You signed in by a way that has no access here",
        ),
    ],
)
def test_who_is_not_of_our_organisation_sees_nothing(office: Running, account: object, said: str) -> None:
    asked = office.ask("alice", "admin")
    assert office.box.iap is not None
    cookie = office.box.iap.gate.sign_in(account)  # type: ignore[arg-type]

    page = Browser(office, **cookie).get(link(office, asked))

    assert page.status == 403
    assert said in page.words
    assert asked not in page.body


def test_a_forwarded_link_gives_nobody_a_right_and_says_nothing(office: Running) -> None:
    asked = office.ask("alice", "admin")

    page = Browser(office, "eve@example.com").get(link(office, asked))

    assert page.status == 404
    said = "There is nothing here, or it is not yours to see. What waits for you, and what is yours"
    said += " Not the account that you meant? Sign in with another account"
    assert page.words.endswith(said)
    assert asked not in page.body


def test_every_answer_forbids_scripts_frames_keeping_and_passing_on(office: Running) -> None:
    asked = office.ask("alice", "admin")
    path, bob = link(office, asked), Browser(office, BOB)
    page = bob.get(path)
    answers = [
        page,
        bob.get("/review/x"),
        bob.get("/review/x", method="PUT"),
        bob.get("/assets/pages.css"),
        bob.get("/assets/other.css"),
        Browser(office, "eve@example.com").get(path),
        bob.post(path, {}),
        bob.press(page, "approve"),
    ]

    assert [each.status for each in answers] == [200, 403, 404, 200, 404, 404, 403, 303]
    for each in answers:
        require_protected(each)
        assert "<script" not in each.body
        assert "style=" not in each.body


@pytest.mark.parametrize("path", ["/request/r-0000000000", "/ask/none", "/review/x"])
def test_a_refusal_leads_back_who_may_come_in_and_nobody_else(office: Running, path: str) -> None:
    known = Browser(office, "eve@example.com").get(path)
    stranger = Browser(office, "eve@elsewhere.example").get(path)

    assert "Signed in as eve@example.com" in known.words
    assert '<a href="/">What waits for you' in known.body
    assert "no such request" not in known.words
    assert stranger.status >= 400
    assert 'href="/"' not in stranger.body
    assert "Signed in" not in stranger.words
