"""The doors of the applications' API: who comes in, and how much of what they send is read."""

import asyncio
import json

import msgspec
import pytest
from starlette.requests import Request

from approvals.policy.parties import Application
from handlers.applications import site
from handlers.applications.site import LARGEST
from handlers.bounds import bounded
from handlers.identity.iap import HEADER
from tests.support.applications import URL, App, body_hash
from tests.support.counters import Counter

BODY = json.dumps({"action": "refund"}).encode()


def bearer(token: str) -> tuple[bytes, bytes]:
    return (b"authorization", f"Bearer {token}".encode())


def of_a_post(app: App, **changes: object) -> str:
    return app.token(**{"bsh": body_hash(BODY), "ik": "k-1", **changes})


def strangers(app: App) -> dict[str, list[tuple[bytes, bytes]]]:
    """Headers of calls by nobody who counts here, by what is wrong with them."""
    key = (b"idempotency-key", b"k-1")
    good = bearer(of_a_post(app))
    return {
        "nothing": [key],
        "no token": [(b"authorization", b"Basic YTpi"), key],
        "another key": [bearer(of_a_post(App())), key],
        "another application": [bearer(of_a_post(app, iss="store")), key],
        "another audience": [bearer(of_a_post(app, aud="https://elsewhere.example.com")), key],
        "another address": [bearer(of_a_post(app, htu=f"{URL}/v1/requests?x=1")), key],
        "another method": [bearer(of_a_post(app, htm="PUT")), key],
        "another Idempotency-Key": [bearer(of_a_post(app, ik="k-2")), key],
        "twice": [good, good, key],
        "a person's assertion beside it": [good, (HEADER, b"eyJ.eyJ.c2ln"), key],
    }


@pytest.mark.parametrize("who", list(strangers(App())))
def test_of_a_stranger_s_call_no_body_is_read(counter: Counter, who: str) -> None:
    said = counter.call("POST", "/v1/requests", headers=strangers(counter.app)[who], pieces=[BODY])

    assert (said.status, said.code, said.reads) == (401, "unauthorized", 0)
    assert said.headers["www-authenticate"] == "Bearer"
    assert set(said.json) == {"type", "title", "status", "code", "detail"}


def test_all_strangers_are_told_the_same(counter: Counter) -> None:
    calls = strangers(counter.app).values()

    said = [counter.call("POST", "/v1/requests", headers=each, pieces=[BODY]).json for each in calls]

    assert all(each == said[0] for each in said)


def test_a_stranger_who_names_an_application_without_keys_waits_and_fills_no_log(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    known = counter.world.policy.applications
    silent = Application(id="silent", title="Silent", jwks_uri="https://silent.example/jwks.json")
    counter.world.policy = msgspec.structs.replace(counter.world.policy, applications={**known, "silent": silent})

    said = [counter.get("/v1/actions", by=App("silent", now=counter.world.clock)) for _ in range(20)]

    assert {(each.status, each.code) for each in said} == {(503, "unavailable")}
    assert [line.partition("https")[0] for line in caplog.messages] == [
        "no keys from ",
        "a call has to wait: silent: no keys could be had from ",
    ]


def test_another_body_than_the_token_s_is_a_stranger_s(counter: Counter) -> None:
    said = counter.call("POST", "/v1/requests", BODY, key="k-1", pieces=[BODY, b" "])

    assert (said.status, said.code) == (401, "unauthorized")


def test_a_body_that_comes_when_its_token_is_out_of_date_is_a_stranger_s(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps(counter.wanted()).encode()

    async def dripping(request: Request, *, most: int) -> bytes | None:
        counter.world.clock.advance(331)
        return await bounded(request, most=most)

    monkeypatch.setattr(site, "bounded", dripping)
    said = counter.post("/v1/requests", body)

    assert (said.status, said.code) == (401, "unauthorized")
    assert counter.world.store.pending(limit=9) == []


def test_a_body_is_waited_for_no_longer_than_its_token_counts(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps(counter.wanted()).encode()
    now = int(counter.world.clock().timestamp())
    token = of_a_post(counter.app, bsh=body_hash(body), iat=now - 300, exp=now - 28)
    headers = [bearer(token), (b"idempotency-key", b"k-1"), (b"content-type", b"application/json")]

    async def dripping(request: Request, *, most: int) -> bytes | None:
        await asyncio.sleep(20)
        return await bounded(request, most=most)

    monkeypatch.setattr(site, "bounded", dripping)
    said = counter.call("POST", "/v1/requests", headers=headers, pieces=[body])

    assert (said.status, said.code, said.reads) == (401, "unauthorized", 0)


def test_of_an_application_s_call_no_more_is_read_than_fits(counter: Counter) -> None:
    pieces = [b"x" * 1024] * 1024

    said = counter.call("POST", "/v1/requests", b"".join(pieces), key="k-1", pieces=pieces)

    assert (said.status, said.code, said.reads) == (413, "too_large", LARGEST // 1024 + 1)


def test_an_application_sees_its_own_actions(counter: Counter) -> None:
    said = counter.call("GET", "/v1/actions")

    assert said.status == 200
    assert said.json["items"] == [
        {
            "id": "refund",
            "title": "Refund a payment",
            "type": "approve",
            "parameters": [
                {"name": "amount", "label": "Amount", "type": "money", "required": True},
                {"name": "order", "label": "Order", "type": "string", "required": True},
                {"name": "card", "label": "Card", "type": "secret", "required": False},
            ],
            "risk": "Money leaves the account",
            "pending": 4 * 3600,
            "use_by": 600,
            "tool": None,
            "window": None,
        },
        {
            "id": "close",
            "title": "Close the books",
            "type": "sign_and_approve",
            "parameters": [{"name": "note", "label": "Note", "type": "string", "required": False}],
            "risk": "",
            "pending": 4 * 3600,
            "use_by": 600,
            "tool": None,
            "window": None,
        },
    ]


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("GET", "/v1/me", 404, "not_found"),
        ("GET", "/v1/", 404, "not_found"),
        ("GET", "/v1/actions/refund", 404, "not_found"),
        ("PUT", "/v1/actions", 405, "method"),
        ("POST", "/v1/openapi.json", 404, "not_found"),
        ("GET", "/v1/actions?x=1", 400, "query"),
        ("DELETE", "/v1/requests/r-0123456789?x=1", 400, "query"),
    ],
)
def test_what_no_address_takes_is_a_problem(
    counter: Counter, method: str, target: str, status: int, code: str
) -> None:
    said = counter.call(method, target)

    assert (said.status, said.code) == (status, code)
    assert said.headers["content-type"] == "application/problem+json"


def test_calls_beyond_the_pace_are_told_when_to_come_again(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "BURST", 3)
    monkeypatch.setattr(site, "EVERY", 3600.0)
    paced = Counter(counter.world)
    said = [paced.call("GET", "/v1/actions") for _ in range(4)]
    other = paced.call("GET", "/v1/actions", by=paced.other)
    paced.close()

    assert [each.status for each in said] == [200, 200, 200, 429]
    assert said[-1].code == "pace"
    assert 0 < int(said[-1].headers["retry-after"]) <= 3600
    assert other.status == 200


def test_the_document_is_for_everybody(counter: Counter) -> None:
    said = counter.call("GET", "/v1/openapi.json", headers=[])

    assert (said.status, said.headers["content-type"]) == (200, "application/json")
    assert said.json["openapi"] == "3.1.0"
