"""Applications ask on behalf of people: what is refused, by its code, and what is asked for once."""

import json
from typing import Any

import msgspec
import pytest

from countersign_client.canonical import text_digest
from countersign_client.shown import SECRET
from tests.support.counters import Counter
from tests.support.world import ALICE

MONEY = {"amount": "250", "currency": "EUR"}
MORE = {"amount": "250.01", "currency": "EUR"}
NO_ZONE = {"email": ALICE, "auth_time": "2026-01-01T00:00:00"}


@pytest.mark.parametrize(
    ("changes", "status", "code", "fields"),
    [
        ({"action": "payout"}, 422, "action", ["action"]),  # the other shop's
        ({"action": "nothing"}, 422, "action", ["action"]),
        ({"action": None}, 422, "member", ["action"]),
        ({"on_behalf_of": None}, 422, "member", ["on_behalf_of"]),
        ({"on_behalf_of": {}}, 422, "member", ["on_behalf_of"]),
        ({"on_behalf_of": {"token": "a.b.c", "iap_assertion": "a.b.c"}}, 422, "member", ["on_behalf_of"]),
        ({"on_behalf_of": {"word": "of mine"}}, 422, "member", ["on_behalf_of"]),
        ({"on_behalf_of": {"token": "a.b.c"}}, 401, "token", []),
        ({"on_behalf_of": {"iap_assertion": "a.b.c"}}, 401, "token", []),
        ({"on_behalf_of": {"asserted": {"email": ALICE}}}, 403, "token.asserted", []),
        (
            {"on_behalf_of": {"asserted": {"email": ALICE, "auth_time": "2026-01-01T00:00:00"}}},
            422,
            "member",
            ["on_behalf_of"],
        ),
        ({"parameters": {"amount": MONEY, "order": 17}}, 422, "parameter", ["parameters.order"]),
        (
            {"parameters": {"amount": 250, "to": "me"}, "data": {"a": "x" * 9_000}, "key": "k" * 201},
            422,
            "parameter.unknown",
            ["parameters.to", "parameters.amount", "parameters.order", "data", "key"],
        ),
        ({"callback": "https://evil.example.com"}, 422, "unknown_member", ["callback"]),
        ({"reason": "x" * 1_001}, 422, "member", ["reason"]),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(
    counter: Counter, changes: dict[str, Any], status: int, code: str, fields: list[str]
) -> None:
    said = counter.post("/v1/requests", counter.wanted(**changes))

    assert (said.status, said.code, said.fields) == (status, code, fields)
    assert counter.world.store.pending(limit=9) == []


def test_a_request_says_what_people_are_shown_and_no_secret(counter: Counter) -> None:
    said = counter.post("/v1/requests", counter.wanted(reason="Damaged on arrival"))

    assert said.status == 201
    assert said.headers["location"] == said.json["url"] == f"/v1/requests/{said.json['id']}"
    assert said.json["state"] == "pending"
    assert said.json["approval"] == "people"
    assert said.json["page"] == f"https://pages.example.com/request/{said.json['id']}"
    assert said.json["on_behalf_of"] == {"principal": ALICE, "proven": "token"}
    assert [(each["name"], each["text"]) for each in said.json["parameters"]] == [
        ("amount", "250.00 EUR"),
        ("order", "A-17"),
        ("card", SECRET),
    ]
    assert ["Amount", "250.00 EUR"] in said.json["shown"]
    request = counter.read(said.json["id"])
    assert request.action is not None
    card = request.action.parameters[2]
    assert card.value == text_digest(card.salt, "No. 4111")
    assert b"No. 4111" not in said.body
    assert "No. 4111" not in request.covered


def test_the_same_call_gets_the_stored_answer_and_another_one_is_refused(counter: Counter) -> None:
    body = json.dumps(counter.wanted()).encode()
    first = counter.post("/v1/requests", body, key="k-1")

    again = counter.post("/v1/requests", body, key="k-1")
    other = counter.post("/v1/requests", counter.wanted(key="order/B"), key="k-1")

    assert (again.status, again.body) == (first.status, first.body) == (201, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert (other.status, other.code) == (422, "idempotency.reused")
    assert len(counter.world.store.pending(limit=9)) == 1


def test_the_key_of_one_application_is_nothing_to_another(counter: Counter) -> None:
    counter.post("/v1/requests", counter.wanted(), key="k-1")

    said = counter.post("/v1/requests", counter.wanted(), key="k-1", by=counter.other)

    assert (said.status, said.code) == (422, "action")


def test_a_token_serves_for_one_change_alone(counter: Counter) -> None:
    body = json.dumps(counter.wanted()).encode()
    headers = counter.signed("POST", "/v1/requests", body, key="k-1")

    first = counter.call("POST", "/v1/requests", headers=headers, pieces=[body])
    # A lost answer is there for whoever sends the whole call again; for nothing else.
    again = counter.call("POST", "/v1/requests", headers=headers, pieces=[body])

    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert len(counter.world.store.pending(limit=9)) == 1


def test_a_spent_token_is_a_stranger_s(counter: Counter) -> None:
    one, other = counter.ask(), counter.ask()
    jti = "jti-of-both-calls-000001"

    said = [
        counter.call(
            "DELETE",
            f"/v1/requests/{each}",
            headers=counter.signed("DELETE", f"/v1/requests/{each}", b"", key=f"k-{each}", jti=jti),
        )
        for each in (one, other)
    ]

    assert [(each.status, each.code) for each in said] == [(200, ""), (401, "unauthorized")]
    assert [counter.read(each).state for each in (one, other)] == ["withdrawn", "pending"]


@pytest.mark.parametrize("call", ["GET", "DELETE", "consume"])
def test_what_is_another_application_s_is_not_there(counter: Counter, call: str) -> None:
    request_id = counter.approved() if call == "consume" else counter.ask()

    said = {
        "GET": lambda: counter.get(f"/v1/requests/{request_id}", by=counter.other),
        "DELETE": lambda: counter.post(f"/v1/requests/{request_id}", {}, method="DELETE", by=counter.other),
        "consume": lambda: counter.consume(request_id, by=counter.other),
    }[call]()

    assert (said.status, said.code) == (404, "not_found")
    assert counter.get("/v1/requests", by=counter.other).json == {"items": [], "next": None}


def test_an_allow_is_approved_at_once_and_says_so(counter: Counter) -> None:
    counter.judged("allow")

    said = counter.post("/v1/requests", counter.wanted())

    assert (said.status, said.json["state"], said.json["approval"]) == (201, "approved", "allow")
    assert counter.consume(said.json["id"]).status == 200


def test_a_guardrail_that_refuses_now_refuses_the_use_as_well(counter: Counter) -> None:
    request_id = counter.approved()
    counter.judged("refuse")

    asked, used = counter.post("/v1/requests", counter.wanted()), counter.consume(request_id)

    assert [(each.status, each.code) for each in (asked, used)] == [(403, "guardrail")] * 2


def test_whoever_has_to_sign_in_again_is_told_how_and_that_token_serves_once(counter: Counter) -> None:
    counter.judged("step_up", when='subject.acr != "phr"', acr=("phr", "mfa"), max_age=300)
    body = counter.wanted()

    said = counter.post("/v1/requests", body)

    assert (said.status, said.code) == (401, "step_up")
    assert said.headers["www-authenticate"] == (
        'Bearer error="insufficient_user_authentication", acr_values="phr mfa", max_age="300"'
    )
    nonce = said.json["step_up"]["nonce"]
    assert said.json["step_up"] == {"acr": ["phr", "mfa"], "max_age": 300, "nonce": nonce}

    fresh = counter.signed_in(nonce)
    other = counter.post("/v1/requests", counter.wanted(on_behalf_of=fresh, key="order/B"))
    first = counter.post("/v1/requests", counter.wanted(on_behalf_of=fresh))
    again = counter.post("/v1/requests", counter.wanted(on_behalf_of=fresh))
    assert [(each.status, each.code) for each in (other, first, again)] == [
        (401, "token"),
        (201, ""),
        (401, "token"),
    ]


def test_a_nonce_is_over_after_some_minutes(counter: Counter) -> None:
    counter.judged("step_up", when='subject.acr != "phr"', acr=("phr",))
    nonce = counter.post("/v1/requests", counter.wanted()).json["step_up"]["nonce"]

    counter.world.clock.advance(21 * 60)
    late = counter.post("/v1/requests", counter.wanted(on_behalf_of=counter.signed_in(nonce)))

    assert (late.status, late.code) == (401, "token")


HALF = "\ud800"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"token": f"{HALF}.{HALF}.{HALF}"}, 422),
        ({"iap_assertion": HALF}, 422),
        ({"asserted": {"email": f"{HALF}@example.com"}}, 422),
        ({"asserted": {"email": ALICE, "acr": HALF}}, 422),
        ({"asserted": {"email": ALICE, "amr": [HALF]}}, 422),
        ({"asserted": {"email": ALICE, "claims": {HALF: "x"}}}, 422),
        ({"asserted": {"email": ALICE, "claims": {"org": HALF}}}, 422),
    ],
)
def test_half_of_a_character_stands_for_nobody(counter: Counter, said: dict[str, Any], status: int) -> None:
    shops = counter.world.policy.applications
    may = {name: msgspec.structs.replace(each, may_assert=True) for name, each in shops.items()}
    counter.world.policy = msgspec.structs.replace(counter.world.policy, applications=may)

    assert counter.post("/v1/requests", counter.wanted(on_behalf_of=said)).status == status
    assert counter.world.store.pending(limit=9) == []
