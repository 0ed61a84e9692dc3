"""Calls that must change nothing, for what they are themselves: each is refused by name, with what is to blame."""

import json
from typing import Any, get_args
from urllib.parse import quote

import pytest

from approvals.refusals.codes import Code
from handlers import pace
from handlers.wire import problems
from tests.handlers.api.conftest import ALICE, EVE
from tests.support.callers import Caller
from tests.support.running import Running
from tests.support.starts import MOMENTS

GOOD = {"entitlement": "admin", "duration": "30m", "justification": "INC-1 disk full"}
ASK = "/v1/requests"


def octets(text: str) -> bytes:
    return text.encode()


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": None}, 415, "content_type"),
        ({"Content-Type": "text/plain"}, 415, "content_type"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "content_type"),
        ({"Content-Type": "application/json-patch+json"}, 415, "content_type"),
        ({"Content-Type": "application/json; charset=latin-1"}, 415, "content_type"),
        ({"Content-Type": "text/plain, application/json"}, 415, "content_type"),
        ({"Idempotency-Key": None}, 400, "idempotency.missing"),
        ({"Idempotency-Key": ""}, 400, "idempotency.malformed"),
        ({"Idempotency-Key": '""'}, 400, "idempotency.malformed"),
        ({"Idempotency-Key": '"open'}, 400, "idempotency.malformed"),
        ({"Idempotency-Key": '"a" "b"'}, 400, "idempotency.malformed"),
        ({"Idempotency-Key": '"a";p=1'}, 400, "idempotency.malformed"),
        ({"Idempotency-Key": "a, b"}, 400, "idempotency.malformed"),
        ({"Idempotency-Key": "a\tb"}, 400, "idempotency.malformed"),
        ({"Idempotency-Key": '"\\a"'}, 400, "idempotency.malformed"),
        ({"Idempotency-Key": "k" * 201}, 400, "idempotency.malformed"),
        ({"Idempotency-Key": '"' + "k" * 201 + '"'}, 400, "idempotency.malformed"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "cross_site"),
        ({"Sec-Fetch-Site": "same-site"}, 403, "cross_site"),
        ({"Sec-Fetch-Site": ""}, 403, "cross_site"),
        ({"Sec-Fetch-Site": "Same-Origin"}, 403, "cross_site"),
        ({"Sec-Fetch-Site": "same-origin, cross-site"}, 403, "cross_site"),
    ],
)
def test_a_change_needs_its_headers(
    office: Running, alice: Caller, headers: dict[str, str | None], status: int, code: str
) -> None:
    before = len(office.service.store.open_of(ALICE))

    said = alice.post(ASK, GOOD, headers=headers)

    assert (said.status, said.code) == (status, code)
    assert said.headers["content-type"] == "application/problem+json"
    assert len(office.service.store.open_of(ALICE)) == before


def test_a_key_may_be_a_quoted_string_or_bare_and_is_the_same_one(alice: Caller) -> None:
    first = alice.post(ASK, GOOD, key='"8e03978e-40d5-43dd"', headers={"Sec-Fetch-Site": "same-origin"})
    second = alice.post(ASK, GOOD, key="8e03978e-40d5-43dd", headers={"Sec-Fetch-Site": "none"})

    assert first.status == second.status == 201
    assert second.body == first.body


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (b"", (400, "json", None)),
        (b"[]", (400, "json", None)),
        (b"null", (400, "json", None)),
        (b'{"entitlement": "admin"', (400, "json", None)),
        (b'{"entitlement": NaN}', (400, "json", None)),
        (b'{"entitlement": "admin"} {}', (400, "json", None)),
        (b"\xff\xfe{}", (400, "json", None)),
        (b'{"entitlement": "\xff"}', (400, "json", None)),
        (b"[" * 10_000, (400, "json", None)),
        (b'{"a": ' + b"9" * 5_000 + b"}", (400, "number", "a")),
        (octets('{"entitlement": "admin", "entitlement": "logs"}'), (400, "duplicate_member", "entitlement")),
        (
            octets('{"entitlement": "admin", "\\u0065ntitlement": "logs"}'),
            (400, "duplicate_member", "entitlement"),
        ),
        (octets('{"entitlement": {"a": 1, "a": 2}}'), (400, "duplicate_member", "entitlement.a")),
        (json.dumps(GOOD | {"as": "bob@example.com"}).encode(), (422, "unknown_member", "as")),
        (json.dumps(GOOD | {"Duration": "1h"}).encode(), (422, "unknown_member", "Duration")),
        (b'{"duration": "1h"}', (422, "member", "entitlement")),
        (b'{"entitlement": 1}', (422, "member", "entitlement")),
        (b'{"entitlement": null}', (422, "member", "entitlement")),
        (b'{"entitlement": ["admin"]}', (422, "member", "entitlement")),
        (b'{"entitlement": "admin", "justification": "\\ud800"}', (422, "member", "justification")),
        (json.dumps(GOOD | {"justification": "x" * 17_000}).encode(), (413, "too_large", None)),
    ],
)
def test_a_body_is_read_in_one_way_alone(
    office: Running, alice: Caller, body: bytes, refused: tuple[int, str, str | None]
) -> None:
    before = len(office.service.store.open_of(ALICE))

    said = alice.post(ASK, body)

    assert (said.status, said.code, said.field) == refused
    assert len(office.service.store.open_of(ALICE)) == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"duration": 3600}, "The member duration must be a text."),
        ({"break_glass": "yes"}, "The member break_glass must be true or false."),
    ],
)
def test_a_member_of_another_kind_reads_which_kind_it_must_be(
    alice: Caller, given: dict[str, Any], said: str
) -> None:
    assert alice.post(ASK, GOOD | given).json["detail"] == said


@pytest.mark.parametrize(("start", "code", "said"), MOMENTS)
def test_a_start_that_cannot_be_is_refused(
    office: Running, alice: Caller, start: str, code: str, said: str
) -> None:
    before = len(office.service.store.open_of(ALICE))

    answer = alice.post(ASK, GOOD | {"start": start})

    assert (answer.status, answer.code, answer.field) == (422, code, "start")
    assert said in answer.json["detail"]
    assert len(office.service.store.open_of(ALICE)) == before


@pytest.mark.parametrize("revision", [1.0, True, "1", None, 1e400])
@pytest.mark.parametrize("what", ["approve", "deny", "take_back"])
def test_what_was_shown_is_a_number_and_a_digest(
    office: Running, alice: Caller, bob: Caller, what: str, revision: Any
) -> None:
    asked = alice.ask()
    body = bob.shown(asked) | {"reason": "no"} if what == "deny" else bob.shown(asked)

    said = bob.post(f"{ASK}/{asked}/{what}", body | {"revision": revision})

    assert said.code in ("member", "json")
    assert office.request(asked).reviews == ()


@pytest.mark.parametrize("left_out", ["revision", "digest"])
@pytest.mark.parametrize("what", ["approve", "deny", "take_back"])
def test_nobody_decides_without_saying_what_they_were_shown(
    office: Running, alice: Caller, bob: Caller, what: str, left_out: str
) -> None:
    asked = alice.ask()
    body = bob.shown(asked) | ({"reason": "no"} if what == "deny" else {})
    del body[left_out]

    said = bob.post(f"{ASK}/{asked}/{what}", body)

    assert (said.status, said.code, said.field) == (422, "member", left_out)
    assert office.request(asked).reviews == ()


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/requests", "GET, HEAD, POST"),
        ("DELETE", "/v1/requests", "GET, HEAD, POST"),
        ("GET", "/v1/requests/r-0000000000/approve", "POST"),
        ("HEAD", "/v1/requests/r-0000000000/approve", "POST"),
        ("PATCH", "/v1/requests/r-0000000000", "DELETE, GET, HEAD"),
        ("POST", "/v1/me", "GET, HEAD"),
    ],
)
def test_an_address_says_which_methods_it_takes(alice: Caller, method: str, path: str, allow: str) -> None:
    said = alice.get(path, method=method)

    assert (said.status, said.headers["allow"]) == (405, allow)


@pytest.mark.parametrize(
    "path", ["/v1/", "/v1/none", "/v1/requests/", "/v1/requests//approve", "/v1/requests/x/y/z", "/v1//requests"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_other_address_is_there(alice: Caller, method: str, path: str) -> None:
    said = alice.post(path) if method == "POST" else alice.get(path)

    assert (said.status, said.code) == (404, "not_found")


@pytest.mark.parametrize(
    "query",
    [
        "?list=all",
        "?limit=0",
        "?limit=101",
        "?limit=-1",
        "?limit=٣",
        "?cursor=%",
        "?cursor=ü",
        "?since=1",
        "?q=x",
        "/r-0000000000?wait=26",
        "/r-0000000000?wait=1.5",
        "/r-0000000000?since=x",
        "/r-0000000000?list=mine",
    ],
)
def test_a_query_that_is_none_of_ours_is_refused_by_name(alice: Caller, query: str) -> None:
    said = alice.get(ASK + quote(query, safe="?=&/%"))

    assert (said.status, said.code) == (400, "query")


def test_every_answer_is_for_the_caller_alone(office: Running, alice: Caller, bob: Caller) -> None:
    asked = alice.ask()
    answers = [
        alice.get(f"{ASK}/{asked}"),
        alice.get(f"{ASK}/r-0000000000"),
        alice.get("/v1/none"),
        alice.post(ASK, GOOD),
        alice.post(ASK, {}),
        bob.decide(asked),
        Caller(office, EVE).get(f"{ASK}/{asked}"),
        Caller(office, "eve@elsewhere.example").get(ASK),
    ]

    assert [each.status for each in answers] == [200, 404, 404, 201, 422, 200, 404, 403]
    for each in answers:
        assert each.headers["cache-control"] == "no-store"
        assert each.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert each.headers["cross-origin-resource-policy"] == "same-origin"
        assert each.headers["x-content-type-options"] == "nosniff"
        assert each.headers["content-type"].startswith("application/")
        assert "access-control-allow-origin" not in each.headers


def test_a_status_is_of_codes_that_there_are() -> None:
    codes = {*get_args(Code), *(code.partition(".")[0] for code in get_args(Code))}

    assert problems.STATUS_OF.keys() <= codes
    assert problems.FIELD_OF.keys() <= codes


def test_problems_say_what_they_are(alice: Caller) -> None:
    said = alice.post(ASK, GOOD | {"duration": "9h", "justification": ""})

    assert said.status == 422
    assert said.json["type"] == f"urn:countersign:problem:{said.code}"
    assert said.json["status"] == 422
    assert [(each["code"], each["field"]) for each in said.json["errors"]] == [
        ("duration.long", "duration"),
        ("justification.missing", "justification"),
    ]
    assert said.json["detail"] == said.json["errors"][0]["detail"]
    assert said.json["detail"].startswith("Too long")


def test_who_calls_too_fast_is_told_when_to_come_back(office: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "EVERY", 100.0)  # however slowly the calls get here
    hasty = Caller(office, ALICE)

    assert {hasty.get("/v1/me").status for _ in range(pace.BURST)} == {200}
    refused = hasty.get("/v1/me")

    assert (refused.status, refused.code) == (429, "pace")
    assert 0 < int(refused.headers["retry-after"]) <= 100
    assert Caller(office, ALICE).get("/v1/me").status == 200
