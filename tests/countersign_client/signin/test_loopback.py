"""Who else comes to the port where a browser is waited for gets nothing, and ends nothing."""

import threading
from urllib.parse import urlencode

import pytest

from countersign_client.errors import Refused, Unreachable
from countersign_client.signin.loopback import Loopback
from tests.sandbox.iap.conftest import Seen, ask

GOOD = {"state": "s", "code": "4/0a"}


def bring(back: Loopback, *, path: str = "", host: str = "", **given: str) -> Seen:
    return ask(back.url.rstrip("/"), f"/{path}?{urlencode(given)}", headers={"Host": host} if host else None)


def test_who_brings_something_else_is_refused_and_the_browser_still_comes_through() -> None:
    with Loopback("s") as back:
        assert [
            bring(back).status,
            bring(back, state="s").status,
            bring(back, code="4/0a").status,
            bring(back, state="S", code="4/0a").status,
            bring(back, state="", error="access_denied").status,
            bring(back, state="ß", code="4/0a").status,
        ] == [400] * 6
        assert bring(back, path="favicon.ico", **GOOD).status == 404
        assert bring(back, host="attacker.example", **GOOD).status == 404
        assert bring(back, **GOOD).status == 200
        assert back.code(timeout=30) == "4/0a"


def test_a_second_code_is_refused() -> None:
    with Loopback("s") as back:
        bring(back, **GOOD)
        assert bring(back, state="s", code="4/0other").status == 410
        assert back.code(timeout=30) == "4/0a"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("access_denied", "was turned down in the browser"),
        ("admin\x1bpolicy", "Google ended the sign-in with admin"),
    ],
)
def test_who_is_turned_down_is_told_what_to_do(error: str, sentence: str) -> None:
    with Loopback("s") as back:
        bring(back, state="s", error=error)
        with pytest.raises(Refused, match=sentence) as refused:
            back.code(timeout=30)
    assert str(refused.value).isprintable()


def test_nobody_is_waited_for_without_an_end() -> None:
    with Loopback("s") as back, pytest.raises(Unreachable, match="nobody came back"):
        back.code(timeout=0.05)


def test_the_page_keeps_the_code_to_itself_and_the_port_to_this_machine() -> None:
    with Loopback("s") as back:
        seen = bring(back, **GOOD)
    assert back.url.startswith("http://127.0.0.1:")
    assert "4/0a" not in seen.body
    assert {
        name: seen.headers[name] for name in ("referrer-policy", "cache-control", "content-security-policy")
    } == {
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'",
    }


def test_two_at_once_bring_one_code() -> None:
    with Loopback("s") as back:
        threads = [
            threading.Thread(target=bring, args=(back,), kwargs={"state": "s", "code": f"4/{number}"})
            for number in range(4)
        ]
        for thread in threads:
            thread.start()
        code = back.code(timeout=30)
        for thread in threads:
            thread.join()
        assert back.code(timeout=30) == code
