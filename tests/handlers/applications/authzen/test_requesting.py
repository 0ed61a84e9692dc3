"""Access requests: each is bound to one denial of this application, and filed once."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.support.front import AGENT, REQUESTS, URN, Front
from tests.support.world import ALICE, BOB

OTHER = {**AGENT, "sub": "another"}


def acted(*chain: dict[str, Any]) -> dict[str, Any]:
    """The subject, for whom these act."""
    return (
        {"type": "user", "id": ALICE, "properties": {"act": chain[0]}} if chain else {"type": "user", "id": ALICE}
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": {"type": "user", "id": BOB}},
        {"subject": {"type": "identity", "id": ALICE}},
        {"subject": {"type": "user", "id": ALICE, "properties": {"department": "sales"}}},
        {"subject": {"type": "user", "id": ALICE, "properties": {}}},
        {"subject": acted(AGENT)},
        {"client": {"actor": {"id": "assistant"}}},
        {"action": {"name": "pay_back"}},
        {"action": {"name": "pay_back", "properties": {"amount": {"amount": "251", "currency": "EUR"}}}},
        {"resource": {"type": "order", "id": "A-18"}},
        {"resource": {"type": "order", "id": "A-17", "more": 1}},
        {"context": {"channel": "mail"}},
        {"context": {}},
        {"denial": {}},
        {"denial": {"binding_token": 7}},
        {"denial": {"evaluation_id": "eval_1", "expires_at": "2026-11-22T10:10:00Z"}},
    ],
)
def test_what_was_not_denied_is_not_filed(front: Front, changes: dict[str, Any]) -> None:
    said = front.submit(front.submission() | changes)

    assert (said.status, said.json["type"]) == (400, f"{URN}invalid_denial_binding")
    assert front.world.store.pending(limit=9) == []


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": "2026-11-22T11:10:00Z"},
        {"expires_at": None},
        {"evaluation_id": "eval_1"},
        {"binding_token": "a.b.c"},
        {"binding_token": "x" * 9_000},
    ],
)
def test_a_denial_is_echoed_as_it_was(front: Front, change: dict[str, Any]) -> None:
    body = front.submission()

    said = front.submit(body | {"denial": body["denial"] | change})

    assert said.json["type"] == f"{URN}invalid_denial_binding"


def test_a_denial_of_another_application_is_none_of_this_one_s(front: Front) -> None:
    said = front.submit(front.submission(), by=front.other)

    assert said.json["type"] == f"{URN}invalid_denial_binding"


def test_nobody_else_is_proven_for_the_subject_that_was_denied(front: Front) -> None:
    body = front.submission()
    theirs = {**body["context"], "on_behalf_of": {"token": front.staff.token(BOB)}}

    said = front.submit(body | {"context": theirs})

    assert (said.status, said.code, said.json["type"]) == (400, "subject", f"{URN}not_requestable")
    assert front.world.store.pending(limit=9) == []


def test_a_denial_is_over_after_ten_minutes(front: Front) -> None:
    body = front.submission()
    front.world.clock.advance(599)
    one = deepcopy(body)
    assert front.submit(one).status == 202
    front.world.clock.advance(1)

    said = front.submit(body)

    assert (said.status, said.json["type"], said.json["status"]) == (410, f"{URN}expired_denial", 410)


def test_what_is_bound_to_something_else_is_said_before_that_it_is_over(front: Front) -> None:
    body = front.submission()
    front.world.clock.advance(timedelta(hours=1).total_seconds())

    said = front.submit(body | {"resource": {"type": "order", "id": "A-18"}})

    assert said.json["type"] == f"{URN}invalid_denial_binding"


def test_the_same_call_gets_the_same_task_even_when_the_denial_is_over(front: Front) -> None:
    body = front.submission()
    first = front.submit(body, named="k-1")
    front.world.clock.advance(3_600)

    again = front.submit(dict(reversed(body.items())), named="k-1")
    other = front.submit(body | {"client": {"id": "another"}}, named="k-1")

    assert (again.status, again.json) == (first.status, first.json) == (202, first.json)
    assert again.headers["location"] == first.headers["location"] == first.json["task"]["status_endpoint"]
    assert (other.status, other.json["type"]) == (409, f"{URN}duplicate_request")
    assert len(front.world.store.pending(limit=9)) == 1


def test_a_task_is_found_by_its_call_when_the_answer_is_forgotten(front: Front) -> None:
    body = front.submission()
    first = front.submit(body, named="k-1")
    front.world.clock.advance(timedelta(days=3).total_seconds())
    front.world.pass_()
    assert front.world.store.sweep(before=front.world.clock(), limit=100)

    again = front.submit(body, named="k-1")

    assert "idempotent-replayed" not in again.headers
    assert (again.json["task"]["id"], again.json["task"]["status"]) == (first.json["task"]["id"], "expired")


def test_a_denial_is_answered_by_one_request(front: Front) -> None:
    body = front.submission()
    front.submit(body, named="k-1")

    said = [front.submit(body, named="k-2"), front.submit(body, named=None)]

    assert {each.json["type"] for each in said} == {f"{URN}invalid_denial_binding"}
    assert len(front.world.store.pending(limit=9)) == 1


def test_of_many_requests_for_one_denial_at_once_one_is_filed(front: Front) -> None:
    body, doors = front.submission(), [front, front.beside()]

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda each: each.submit(body), doors * 4))

    assert [each.status for each in said].count(202) == 1
    assert {each.status for each in said} <= {202, 400, 409}
    assert len(front.world.store.pending(limit=9)) == 1
    doors[1].close()


def test_without_a_key_of_its_own_a_call_is_known_by_its_token(front: Front) -> None:
    octets = msgspec.json.encode(front.submission())
    headers = front.signed("POST", REQUESTS, octets, key=None)

    said = [front.call("POST", REQUESTS, headers=headers, pieces=[octets]) for _ in range(2)]

    assert [each.status for each in said] == [202, 202]
    assert said[0].body == said[1].body


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"items": []}, "items"),
        ({"callback": {"endpoint": "https://evil.example.com/hook"}}, "callback"),
        ({"callback": {"endpoint": "http://169.254.169.254/"}}, "callback"),
        ({"callback": {}}, "callback"),
        ({"callback": {"endpoint": ""}}, "callback"),
        ({"callback": 7}, "callback"),
        ({"denial": None}, "denial"),
        ({"client": {"actor": "me"}}, "client.actor"),
        ({"client": []}, "client"),
        ({"context": None}, "context"),
    ],
)
def test_what_is_not_taken_is_named(front: Front, changes: dict[str, Any], field: str) -> None:
    said = front.submit(front.submission() | changes)

    assert (said.status, said.fields) == (400, [field])
    assert front.world.store.pending(limit=9) == []


def test_the_application_s_own_webhook_may_stand_there(front: Front) -> None:
    hook = "https://shop.example.com/hook"
    front.asserts(webhook=hook)

    assert front.submit(front.submission() | {"callback": {"endpoint": hook, "state": "s"}}).status == 202


def test_an_agent_is_shown_and_moves_where_the_draft_lets_it(front: Front) -> None:
    body = front.submission(front.question(subject=acted(AGENT)))
    moved = {"actor": {"id": AGENT["sub"], "issuer": AGENT["iss"], "type": "ai_agent"}}

    said = front.submit(body | {"subject": acted(), "client": moved})

    assert said.status == 202
    request = front.read(said.json["task"]["id"])
    assert request.action is not None
    assert '"asked by an agent":"assistant (https://agents.example.com)"' in request.action.data
    assert "asked by an agent" in request.covered


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": acted(OTHER)},
        {"subject": acted()},
        {"subject": acted(), "client": {"actor": {"id": "assistant", "issuer": "https://elsewhere.example"}}},
        {"subject": acted(), "client": {"actor": {"id": "assistant"}}},
        {"subject": acted({**AGENT, "act": OTHER})},
    ],
)
def test_nobody_else_asks_by_an_agent_s_denial(front: Front, changes: dict[str, Any]) -> None:
    body = front.submission(front.question(subject=acted(AGENT)))

    said = front.submit(body | changes)

    assert said.json["type"] == f"{URN}invalid_denial_binding"


def test_an_actor_that_is_said_twice_is_one(front: Front) -> None:
    body = front.submission(front.question(subject=acted(AGENT)))
    client = {"actor": {"id": OTHER["sub"], "issuer": OTHER["iss"]}}

    assert front.submit(body | {"client": client}).fields == ["client.actor"]


def test_what_a_submission_says_as_the_reason_is_the_reason(front: Front) -> None:
    body = front.submission()
    why = {"business_justification": "Damaged on arrival"}

    said = front.submit(body | {"context": body["context"] | why})

    assert front.read(said.json["task"]["id"]).terms.justification.text == "Damaged on arrival"


def test_what_nobody_has_to_approve_is_approved_at_once(front: Front) -> None:
    front.judged("allow")

    said = front.submit()

    assert (said.status, said.json["task"]["status"]) == (201, "approved")
    assert said.headers["location"] == said.json["task"]["status_endpoint"]
    assert front.evaluate(front.again(said.json["result"]["approval"])).json["decision"] is True


def test_a_named_person_confirms_first(front: Front) -> None:
    front.asserts()
    question = front.question(context={"channel": "phone"})

    said = front.submit(front.submission(question))

    assert said.status == 202
    assert "confirm" in said.json["task"]["display"]["description"]
