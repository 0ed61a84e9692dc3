"""Evaluations without an approval: each is a denial, which says whether it can be requested, and does nothing."""

from typing import Any

import msgspec
import pytest

from approvals.freezes.freezing import freeze
from tests.support.front import AGENT, EVALUATION, REQUESTS, Front
from tests.support.world import ALICE, BOB

MONEY = {"amount": "250", "currency": "EUR"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"action": {"name": "pay_out"}}, "action"),
        ({"resource": {"type": "invoice", "id": "A-17"}}, "action"),
        ({"subject": {"type": "user", "id": BOB}}, "subject"),
        ({"subject": {"type": "service", "id": ALICE}}, "subject"),
        ({"subject": {"type": "user", "id": "nobody at all"}}, "subject"),
        ({"context": {"channel": "phone"}}, "token.asserted"),
        ({"context": {"on_behalf_of": {"token": "a.b.c"}}}, "token"),
    ],
)
def test_what_nobody_could_approve_is_denied_for_good(front: Front, changes: dict[str, Any], reason: str) -> None:
    said = front.evaluate(**changes)

    assert (said.status, said.json["decision"]) == (200, False)
    assert said.json["context"]["reason"] == reason
    assert said.json["context"]["reason_user"]["en"]
    assert "access_request" not in said.json["context"]


def test_a_denial_says_how_it_can_be_requested_and_files_nothing(front: Front) -> None:
    said = front.evaluate()

    assert (said.status, said.json["decision"]) == (200, False)
    context = said.json["context"]
    assert context["reason"] == "approval_required"
    assert context["evaluated_at"] == "2026-11-22T10:00:00Z"
    assert context["access_request"]["expires_at"] == "2026-11-22T10:10:00Z"
    assert context["access_request"]["endpoint"] == f"https://approvals.example.com{REQUESTS}"
    assert context["access_request"]["template"] == "refund"
    assert front.world.store.pending(limit=9) == []


def test_what_a_guardrail_allows_is_denied_too_until_its_use_is_on_record(front: Front) -> None:
    front.judged("allow")

    assert front.denied()["reason"] == "approval_required"
    assert front.world.store.pending(limit=9) == []


def test_a_sign_in_that_is_needed_is_said_and_its_token_serves(front: Front) -> None:
    front.judged(
        "step_up", when="!has(subject.auth_time) || now - subject.auth_time > duration('5m')", acr=("phr",)
    )

    context = front.evaluate().json["context"]

    assert (context["reason"], context["acr_values"], context["step_up"]["acr"]) == ("step_up", "phr", ["phr"])
    signed_in = {"channel": "phone", "on_behalf_of": front.signed_in(context["step_up"]["nonce"])}
    question = front.question(context=signed_in)
    assert front.submit(front.submission(question)).status == 202
    again = front.evaluate(front.question(context=signed_in))
    assert again.json["decision"] is False


def test_a_freeze_denies_everything(front: Front) -> None:
    freeze(front.world.store, by="operator", why=None, now=front.world.clock())
    front.world.freeze.epoch()

    assert front.evaluate().json["context"]["reason"] == "frozen"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", None),
        (b"{", None),
        (b'{"subject":{"type":"user","id":"a","id":"b"}}', "subject.id"),
        (b'{"subject":{},"subject":{}}', "subject"),
        (b'{"subject":{"type":"user","id":"a","more":"\\ud800"}}', "subject"),
        (b'{"options":{"\\udfff":1}}', "options"),
        (b'{"options":' + b"[" * 65 + b"]" * 65 + b"}", "options"),
        ({"subject": None}, "subject"),
        ({"subject": "alice"}, "subject"),
        ({"subject": {"type": "user"}}, "subject.id"),
        ({"subject": {"type": "user", "id": 7}}, "subject.id"),
        ({"subject": {"type": "user", "id": "a" * 1_001}}, "subject.id"),
        ({"subject": {"type": "user", "id": ALICE, "properties": []}}, "subject.properties"),
        ({"subject": {"type": "user", "id": ALICE, "properties": {"act": "me"}}}, "subject.properties.act"),
        (
            {"subject": {"type": "user", "id": ALICE, "properties": {"act": {"iss": "x"}}}},
            "subject.properties.act",
        ),
        ({"action": {"name": ""}}, "action.name"),
        ({"resource": {"type": "order"}}, "resource.id"),
        ({"context": []}, "context"),
        ({"context": {"on_behalf_of": {"name": "alice"}}}, "context.on_behalf_of"),
        ({"context": {"business_justification": 7}}, "context.business_justification"),
        ({"action": {"name": "pay_back", "properties": {"amount": 250.5}}}, "parameters.amount"),
        ({"action": {"name": "pay_back"}}, "parameters.amount"),
        (
            {"resource": {"type": "order", "id": "A-17", "properties": {"amount": MONEY}}},
            "resource.properties.amount",
        ),
        ({"context": {"approval": "apr_1"}}, "context.approval"),
        ({"context": {"approval": None}}, "context.approval"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(front: Front, body: Any, field: str | None) -> None:
    said = front.send(EVALUATION, body if isinstance(body, bytes) else {**front.question(), **body})

    assert said.status == 400, said.json
    assert said.headers["content-type"] == "application/problem+json"
    assert next(iter(said.fields), None) == field
    assert said.json["detail"]


def test_a_chain_of_actors_without_end_is_refused(front: Front) -> None:
    act: dict[str, Any] = dict(AGENT)
    for _ in range(9):
        act = {**AGENT, "act": act}

    said = front.evaluate(subject={"type": "user", "id": ALICE, "properties": {"act": act}})

    assert (said.status, said.fields) == (400, ["subject.properties" + ".act" * 9])


def test_a_huge_body_is_refused_whoever_sends_it(front: Front) -> None:
    said = front.send(EVALUATION, front.question(context={"more": "x" * 70_000}))

    assert (said.status, said.code) == (413, "too_large")


def test_members_that_nobody_knows_are_passed_over(front: Front) -> None:
    said = front.evaluate(
        options={"evaluations_semantic": "execute_all"}, context={**front.question()["context"], "time": 7}
    )

    assert "access_request" in said.json["context"]


def test_the_name_of_a_call_comes_back_whatever_it_is_answered(front: Front) -> None:
    large = front.question(context={"more": "x" * 70_000})
    said = [front.send(EVALUATION, each, request_id="req-1") for each in (front.question(), {}, large)]
    said.append(front.call("POST", EVALUATION, headers=[(b"x-request-id", b"req-1")], pieces=[b"{}"]))

    assert [each.status for each in said] == [200, 400, 413, 401]
    assert {each.headers["x-request-id"] for each in said} == {"req-1"}


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", EVALUATION, 405),
        ("DELETE", REQUESTS, 405),
        ("GET", f"{REQUESTS}/r-0123456789/cancel", 405),
        ("POST", "/access/v1/evaluations", 404),
        ("POST", "/access/v2/evaluation", 404),
        ("GET", "/access/v1/search", 404),
        ("GET", f"{REQUESTS}/r-0123456789?wait=5", 400),
    ],
)
def test_other_addresses_and_methods_are_refused(front: Front, method: str, target: str, status: int) -> None:
    body = b"{}" if method == "POST" else b""

    assert front.call(method, target, body, key="k-1" if body else None).status == status


@pytest.mark.parametrize("target", [EVALUATION, REQUESTS, f"{REQUESTS}/r-0123456789/cancel"])
def test_of_a_stranger_s_call_no_body_is_read(front: Front, target: str) -> None:
    said = front.call(
        "POST", target, headers=[(b"authorization", b"Bearer 2YotnFZFEjr1zCsicMWpAA")], pieces=[b"{}"]
    )

    assert (said.status, said.reads) == (401, 0)


@pytest.mark.parametrize("target", [EVALUATION, REQUESTS, f"{REQUESTS}/r-0123456789/cancel"])
@pytest.mark.parametrize("kind", [None, b"text/plain", b"application/json; charset=utf-16"])
def test_a_body_that_does_not_say_that_it_is_json_is_not_read(
    front: Front, target: str, kind: bytes | None
) -> None:
    body = msgspec.json.encode(front.submission())
    headers = [each for each in front.signed("POST", target, body, key="k-1") if each[0] != b"content-type"]
    headers += [(b"content-type", kind)] if kind is not None else []

    assert front.call("POST", target, headers=headers, pieces=[body]).code == "content_type"
    assert front.world.store.pending(limit=9) == []


def test_what_the_point_offers_and_verifies_by_is_told_to_everybody(front: Front) -> None:
    said = front.call("GET", "/.well-known/authzen-configuration", headers=[])
    keys = front.call("GET", "/access/v1/jwks", headers=[])

    assert said.json["policy_decision_point"] == "https://approvals.example.com"
    assert said.json["capabilities"] == ["urn:openid:authzen:capability:access-request"]
    assert (said.json["countersign_callbacks"], said.json["countersign_items"]) == (False, False)
    assert [(each["kty"], each["use"], "d" in each) for each in keys.json["keys"]] == [("OKP", "sig", False)]
    assert front.call("POST", "/.well-known/authzen-configuration", headers=[]).status == 405


def test_where_no_action_is_meant_the_door_is_not_there(front: Front) -> None:
    front.meant("refund", None)

    targets = ["/.well-known/authzen-configuration", "/access/v1/jwks", EVALUATION]
    assert {front.call("GET", each, headers=[]).status for each in targets} == {404}
    assert front.evaluate().status == 404


def test_actions_of_another_application_are_not_meant(front: Front) -> None:
    said = front.evaluate(by=front.other)

    assert said.json["context"]["reason"] == "action"


def test_an_answer_is_never_kept_by_anybody_on_its_way(front: Front) -> None:
    assert front.evaluate().headers["cache-control"] == "no-store"
    assert msgspec.json.decode(front.evaluate().body)["decision"] is False
