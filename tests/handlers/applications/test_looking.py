"""Applications look at their requests: lists, waits, and what of an address or body says nothing here."""

import json

import pytest

from approvals.requests import Request
from tests.support.counters import Counter


def test_a_list_goes_on_where_it_ended(counter: Counter) -> None:
    asked = []
    for number in range(5):
        asked.append(counter.ask(key=f"order/{number}"))
        counter.world.clock.advance(1)

    first = counter.get("/v1/requests?limit=2").json
    rest = counter.get(f"/v1/requests?limit=3&cursor={first['next']}").json

    assert [each["id"] for each in (*first["items"], *rest["items"])] == asked[::-1]
    assert counter.get("/v1/requests?state=used").json["items"] == []


@pytest.mark.parametrize(
    "query", ["state=granted", "limit=0", "limit=101", "cursor=%21", "cursor=eA==", "list=mine", "limit=1.0"]
)
def test_a_query_that_says_nothing_here_is_a_problem(counter: Counter, query: str) -> None:
    said = counter.get(f"/v1/requests?{query}")

    assert (said.status, said.code) == (400, "query")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"action":"refund","action":"close"}', "duplicate_member"),
        (b'{"action":"refund","parameters":{"amount":1,"amount":2}}', "duplicate_member"),
        (b'{"action":"refund","data":{"n":1e999}}', "number"),
        (b'{"action":"refund","data":{"n":9007199254740993}}', "number"),
        (b"[]", "json"),
        (b"", "json"),
        (b"\xff", "json"),
    ],
)
def test_a_body_that_can_be_read_in_two_ways_is_read_in_none(counter: Counter, body: bytes, code: str) -> None:
    said = counter.post("/v1/requests", body)

    assert (said.status, said.code) == (400 if body else 415, code if body else "content_type")


def test_a_change_names_itself(counter: Counter) -> None:
    body = json.dumps(counter.wanted()).encode()

    said = counter.call("POST", "/v1/requests", body)

    assert (said.status, said.code) == (400, "idempotency.missing")


def test_a_call_that_waits_is_answered_once_it_is_decided(counter: Counter) -> None:
    request_id = counter.approved()

    said = counter.get(f"/v1/requests/{request_id}?wait=25")

    assert said.json["state"] == "approved"


def test_who_waits_in_vain_is_answered_as_it_stands_by_one_look_at_the_record(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = counter.ask()
    at_once, looks = counter.get(f"/v1/requests/{request_id}"), list[str]()
    read = counter.world.store.request

    def looked(found: str) -> Request:
        looks.append(found)
        return read(found)

    monkeypatch.setattr(counter.world.store, "request", looked)

    said = counter.get(f"/v1/requests/{request_id}?wait=1")

    assert (said.status, said.body, looks) == (200, at_once.body, [request_id])


@pytest.mark.parametrize("query", ["wait=26", "wait=x", "wait=-1", "since=x", "wait=1&wait=2&x=1"])
def test_a_wait_that_is_none_is_a_problem(counter: Counter, query: str) -> None:
    said = counter.get(f"/v1/requests/{counter.ask()}?{query}")

    assert (said.status, said.code) == (400, "query")
