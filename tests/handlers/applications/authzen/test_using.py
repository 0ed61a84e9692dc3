"""Evaluations with an approval: it serves once, for what was approved, while the policy still says so."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from approvals.freezes.freezing import freeze
from approvals.policy.parties import AuthZen
from countersign_client.keys import read_keys
from countersign_client.receipts import verify
from tests.handlers.applications.test_using import leaves_between_two_looks
from tests.support.counters import Said
from tests.support.front import AGENT, EVALUATION, Front
from tests.support.world import ALICE, BOB

ELSEWHERE = AuthZen(action="x", resource="y")
LARGER = {"amount": {"amount": "251", "currency": "EUR"}, "card": "No. 4111"}


def acted(agent: dict[str, Any]) -> dict[str, Any]:
    return {"type": "user", "id": ALICE, "properties": {"act": agent}}


def told(said: Said) -> tuple[bool, str, str]:
    """The decision, why, and what to do next."""
    context = said.json["context"]
    return said.json["decision"], context["reason"], context["next_action"]


def test_what_was_approved_is_done_once_with_a_receipt(front: Front) -> None:
    approval = front.approval()

    said, again = front.evaluate(front.again(approval)), front.evaluate(front.again(approval))

    assert said.json["decision"] is True
    assert said.json["context"]["approval"] == {name: approval[name] for name in ("id", "approved_until")}
    receipt = verify(said.json["context"]["receipt"], read_keys(msgspec.json.encode(front.signer.keys())))
    assert receipt.request == approval["id"].partition(".")[0]
    assert told(again) == (False, "approval_expired", "request")
    assert again.json["context"]["access_request"]["binding_token"]


def test_a_used_approval_leads_to_a_request_of_its_own(front: Front) -> None:
    approval = front.approval()
    front.evaluate(front.again(approval))
    denial = front.evaluate(front.again(approval)).json["context"]

    found = denial["access_request"]
    echo = {"expires_at": found["expires_at"], "binding_token": found["binding_token"]}
    said = front.submit({**front.question(), "denial": echo})

    assert said.status == 202
    assert said.json["task"]["id"] != approval["id"].partition(".")[0]


@pytest.mark.parametrize("how", ["request_id", "named", "token"])
def test_the_same_call_gets_the_same_answer(front: Front, how: str) -> None:
    body = msgspec.json.encode(front.again(front.approval()))
    named: dict[str, Any] = {"request_id": {"request_id": "req-1"}, "named": {"named": "k-1"}}.get(how, {})
    headers = front.signed("POST", EVALUATION, body, key=None)

    said = [
        front.send(EVALUATION, body, **named)
        if named
        else front.call("POST", EVALUATION, headers=headers, pieces=[body])
        for _ in range(2)
    ]

    assert [each.json["decision"] for each in said] == [True, True]
    assert said[0].body == said[1].body


def test_one_name_of_two_calls_uses_one_approval_each(front: Front) -> None:
    one, other = front.approval(), front.approval()

    said = [front.send(EVALUATION, front.again(each), request_id="req-1") for each in (one, other, one)]

    assert [each.json["decision"] for each in said] == [True, True, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": {"type": "order", "id": "A-18"}},
        {"resource": {"type": "order", "id": "A-17", "more": 1}},
        {"resource": {"type": "order", "id": "A-17", "properties": {"shelf": 7}}},
        {"action": {"name": "pay_back", "properties": LARGER}},
        {"action": {"name": "pay_back", "properties": {**LARGER, "amount": {"amount": "250", "currency": "USD"}}}},
        {"action": {"name": "pay_back", "properties": {"amount": {"amount": "250", "currency": "EUR"}}}},
        {"subject": {"type": "user", "id": ALICE, "properties": {"department": "sales"}}},
        {"subject": acted(AGENT)},
        {"context": {"channel": "mail"}},
    ],
)
def test_what_was_not_approved_is_out_of_scope_and_uses_nothing(front: Front, changes: dict[str, Any]) -> None:
    approval = front.approval()
    context = {**front.question()["context"], **changes.get("context", {})}

    said = front.evaluate(front.again(approval, **{**changes, "context": context}))

    assert told(said) == (False, "out_of_scope", "request")
    assert front.evaluate(front.again(approval)).json["decision"] is True


def test_another_person_uses_nothing(front: Front) -> None:
    approval = front.approval()
    theirs = {"channel": "phone", "on_behalf_of": {"token": front.staff.token(BOB)}}

    said = front.evaluate(front.again(approval, subject={"type": "user", "id": BOB}, context=theirs))

    assert told(said) == (False, "out_of_scope", "request")


def test_two_agents_of_one_person_share_no_approval(front: Front) -> None:
    other = {**AGENT, "sub": "another"}
    mine = front.question(subject=acted(AGENT))
    task = front.submit(front.submission(mine)).json["task"]["id"]
    approval = front.approval(task)

    said = [front.evaluate(front.again(approval, subject=acted(each))) for each in (other, AGENT)]

    assert told(said[0]) == (False, "out_of_scope", "request")
    assert said[1].json["decision"] is True


@pytest.mark.parametrize(
    ("approved", "other"),
    [
        (AGENT, {"sub": "assistant (https://agents.example.com)"}),
        ({"sub": "one", "act": {"sub": "two"}}, {"sub": "one for two"}),
        ({"sub": "one two"}, {"sub": '"one two"'}),
    ],
)
def test_nobody_is_named_so_that_they_read_like_another(
    front: Front, approved: dict[str, Any], other: dict[str, Any]
) -> None:
    other = {"sub_profile": approved.get("sub_profile", ""), **other}
    task = front.submit(front.submission(front.question(subject=acted(approved)))).json["task"]["id"]

    said = front.evaluate(front.again(front.approval(task), subject=acted(other)))

    assert told(said) == (False, "out_of_scope", "request")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "apr_01HX4Y8E2NE3Y2X7P0K4JE6WVH"},
        {"id": "r-0123456789.AAAA"},
        {"id": "r-0123456789"},
        {"approved_until": "2026-12-31T00:00:00Z"},
        {"approved_at": "2026-11-22T09:00:00Z"},
    ],
)
def test_an_approval_that_was_changed_is_none(front: Front, change: dict[str, str]) -> None:
    approval = front.approval()

    said = front.evaluate(front.again({**approval, **change}))

    assert told(said) == (False, "approval_unverifiable", "none")
    assert front.evaluate(front.again(approval)).json["decision"] is True


def test_the_request_s_own_name_is_no_approval(front: Front) -> None:
    approval, task = front.approval(), front.task()

    waiting = approval["id"].replace(approval["id"].partition(".")[0], task)
    said = [
        front.evaluate(front.again({"id": each})) for each in (task, waiting, approval["id"].partition(".")[0])
    ]

    assert {told(each) for each in said} == {(False, "approval_unverifiable", "none")}


def test_an_approval_is_nothing_to_another_application(front: Front) -> None:
    said = front.evaluate(front.again(front.approval()), by=front.other)

    assert told(said) == (False, "approval_unverifiable", "none")


def test_what_has_no_proof_with_it_is_used_all_the_same(front: Front) -> None:
    approval = front.approval()

    said = front.evaluate(front.again(approval, context={"channel": "phone", "time": "2026-11-22T10:01:00Z"}))

    assert said.json["decision"] is True


def frozen(front: Front) -> None:
    freeze(front.world.store, by="operator", why=None, now=front.world.clock())
    front.world.freeze.epoch()


def swept(front: Front) -> None:
    front.world.clock.advance(3_600)
    front.world.pass_()


def asked_for_by_bob_alone(front: Front) -> None:
    front.acts(msgspec.structs.replace(front.world.policy.actions["refund"], requesters=(f"user:{BOB}",)))


def restored(front: Front) -> None:
    front.world.installation = msgspec.structs.replace(front.world.installation, generation="another")


CHANGED: dict[str, tuple[Callable[[Front], None], str, str]] = {
    "a guardrail": (lambda front: front.judged("refuse"), "policy_denied", "none"),
    "who may ask": (asked_for_by_bob_alone, "policy_denied", "none"),
    "the mapping": (lambda front: front.meant("refund", ELSEWHERE), "policy_denied", "none"),
    "a freeze": (frozen, "policy_denied", "retry"),
    "its time": (lambda front: front.world.clock.advance(600), "approval_expired", "request"),
    "its time, swept": (swept, "approval_expired", "request"),
    "a restore": (restored, "approval_expired", "request"),
    # As by `/v1`, what is asked for anew is asked of people, who see it.
    "who has left": (lambda front: leaves_between_two_looks(front.world), "approval_expired", "request"),
}


@pytest.mark.parametrize("what", list(CHANGED))
def test_what_changed_since_the_approval_is_what_counts(front: Front, what: str) -> None:
    change, reason, next_action = CHANGED[what]
    approval = front.approval()
    change(front)

    said = front.evaluate(front.again(approval))

    assert told(said) == (False, reason, next_action), said.json
    assert ("access_request" in said.json["context"]) == (next_action == "request")
    assert front.read(approval["id"].partition(".")[0]).used is None


def test_an_approval_counts_no_longer_than_it_can_be_used(front: Front) -> None:
    approval = front.approval()

    assert approval["approved_until"] == "2026-11-22T10:10:00Z"
    front.world.clock.advance(599)
    assert front.evaluate(front.again(approval)).json["decision"] is True


def test_of_many_at_once_one_does_it(front: Front) -> None:
    body = msgspec.json.encode(front.again(front.approval()))
    others = [front, front.beside()]

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda each: each.send(EVALUATION, body), others * 4))

    assert [each.json["decision"] for each in said if each.status == 200].count(True) == 1
    assert {each.status for each in said} <= {200, 409}
    others[1].close()


def test_another_instance_takes_a_denial_and_an_approval(front: Front) -> None:
    other = front.beside()
    task = other.submit(front.submission()).json["task"]["id"]
    approval = front.approval(task)

    assert other.evaluate(front.again(approval)).json["decision"] is True
    assert told(front.evaluate(front.again(approval)))[1] == "approval_expired"
    other.close()


def test_what_v1_approved_is_used_here_and_the_other_way_round(front: Front) -> None:
    data = {"context": {"channel": "phone"}}
    request_id = front.approved(key=None, data=data)
    approval = front.status(request_id).json["result"]["approval"]

    assert front.evaluate(front.again(approval)).json["decision"] is True
    assert front.consume(request_id, key=None, data=data).code == "used"
    task = front.approval()["id"].partition(".")[0]
    assert front.consume(task, key=None, data=data).status == 200


def test_an_approval_of_one_action_is_none_of_another_with_the_same_words(front: Front) -> None:
    refund = front.world.policy.actions["refund"]
    mapping = AuthZen(action="pay_out", resource="order", id="order", context=("channel",))
    front.acts(msgspec.structs.replace(refund, id="payout", authzen=mapping))
    approval = front.approval()

    said = front.evaluate(front.again(approval, action=front.question()["action"] | {"name": "pay_out"}))

    assert told(said) == (False, "out_of_scope", "request")
    assert front.evaluate(front.again(approval)).json["decision"] is True
