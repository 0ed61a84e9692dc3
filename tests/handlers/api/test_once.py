"""Calls that are sent again: one change and one answer for each key, over starts, instances and races."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from approvals.answers import LIFE
from approvals.changes import Change
from approvals.requests import Request
from tests.handlers.api.conftest import ALICE, BOB
from tests.support.callers import Caller, Said
from tests.support.running import Running

ASK = "/v1/requests"
GOOD = {"entitlement": "pair", "duration": "30m", "justification": "INC-1 disk full"}


def test_the_same_call_gets_the_stored_answer_word_for_word(office: Running, alice: Caller, bob: Caller) -> None:
    first = alice.post(ASK, GOOD, key='"k1"')
    request_id = first.json["id"]
    bob.decide(request_id)

    second = alice.post(ASK, GOOD, key='"k1"')

    assert (second.status, second.body) == (201, first.body)
    assert second.headers["location"] == first.headers["location"] == f"{ASK}/{request_id}"
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert [each.id for each in office.service.store.open_of(ALICE)].count(request_id) == 1


CALLS: dict[str, Callable[[Caller, Caller, str], tuple[Caller, str, dict[str, Any]]]] = {
    "approve": lambda _, bob, asked: (bob, f"{ASK}/{asked}/approve", bob.shown(asked)),
    "deny": lambda _, bob, asked: (bob, f"{ASK}/{asked}/deny", bob.shown(asked) | {"reason": "no"}),
    "withdraw": lambda alice, _, asked: (alice, f"{ASK}/{asked}/withdraw", {}),
}


@pytest.mark.parametrize("what", CALLS)
def test_every_change_is_answered_once(office: Running, alice: Caller, bob: Caller, what: str) -> None:
    caller, path, body = CALLS[what](alice, bob, alice.ask("pair"))
    first = caller.post(path, body, key="k2")
    before = office.request(first.json["id"]).version

    second = caller.post(path, body, key="k2")

    assert (second.status, second.body) == (first.status, first.body)
    assert office.request(first.json["id"]).version == before


def test_a_vote_that_was_taken_back_since_is_not_given_again(office: Running, alice: Caller, bob: Caller) -> None:
    request_id = alice.ask("pair")
    shown = bob.shown(request_id)
    first = bob.post(f"{ASK}/{request_id}/approve", shown, key="k3")
    bob.decide(request_id, "take_back")

    late = bob.post(f"{ASK}/{request_id}/approve", shown, key="k3")

    assert late.body == first.body
    assert [vote.verdict for vote in office.request(request_id).reviews] == ["approve", "take_back"]


def test_what_is_deleted_is_withdrawn_and_needs_no_body(office: Running, alice: Caller) -> None:
    request_id = alice.ask()

    refused = alice.post(f"{ASK}/{request_id}", b"", method="DELETE", headers={"Content-Type": None})
    said = alice.post(f"{ASK}/{request_id}", b"", method="DELETE")

    assert refused.code == "content_type"
    assert said.json["state"] == office.request(request_id).state == "withdrawn"
    assert alice.post(f"{ASK}/{alice.ask()}", b"", method="DELETE", key=None).code == "idempotency.missing"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ASK, GOOD | {"duration": "31m"}),
        (ASK, dict(reversed(GOOD.items()))),
        (f"{ASK}/r-0000000000/withdraw", GOOD),
    ],
)
def test_a_key_is_of_one_call_alone(office: Running, alice: Caller, path: str, body: dict[str, Any]) -> None:
    alice.post(ASK, GOOD, key="k4")
    before = len(office.service.store.open_of(ALICE))

    said = alice.post(path, body, key="k4")

    assert (said.status, said.code) == (422, "idempotency.reused")
    assert len(office.service.store.open_of(ALICE)) == before


def test_a_key_is_of_one_account_alone(alice: Caller, bob: Caller) -> None:
    answers = [caller.post(ASK, GOOD, key="k5") for caller in (alice, bob)]

    assert [each.status for each in answers] == [201, 201]
    assert answers[0].json["id"] != answers[1].json["id"]


def test_a_call_that_was_refused_keeps_nothing_and_is_judged_anew(alice: Caller, bob: Caller) -> None:
    request_id = alice.ask("pair")
    assert bob.post(f"{ASK}/{request_id}/take_back", bob.shown(request_id), key="k6").code == "no_vote"

    assert bob.post(ASK, GOOD, key="k6").status == 201


def test_an_answer_outlives_a_start_of_the_program(office: Running, alice: Caller, bob: Caller) -> None:
    request_id = alice.ask("pair")
    shown = bob.shown(request_id)
    first = bob.post(f"{ASK}/{request_id}/approve", shown, key="k7")

    office.restart()

    second = bob.post(f"{ASK}/{request_id}/approve", shown, key="k7")
    assert (second.status, second.body) == (200, first.body)
    assert bob.post(f"{ASK}/{request_id}/deny", shown, key="k7").code == "idempotency.reused"


def test_what_was_filed_is_filed_once_even_when_its_answer_is_forgotten(office: Running) -> None:
    alice = Caller(office, ALICE)
    first = alice.post(ASK, GOOD | {"duration": "4h"}, key="k8")
    office.clock.ahead += LIFE + timedelta(minutes=1)

    second = alice.post(ASK, GOOD | {"duration": "4h"}, key="k8")

    assert second.json["id"] == first.json["id"]
    assert "idempotent-replayed" not in second.headers


def test_while_a_call_is_under_way_another_with_its_key_waits_elsewhere(
    office: Running, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, go = threading.Event(), threading.Event()
    create = office.service.store.create

    def held(change: Change, **options: Any) -> Request:
        came.set()
        assert go.wait(60)
        return create(change, **options)

    monkeypatch.setattr(office.service.store, "create", held)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(alice.post, ASK, GOOD, key="k9")
        assert came.wait(60)
        second, other = alice.post(ASK, GOOD, key="k9"), Caller(office, BOB).get(ASK)
        go.set()

    assert (second.status, second.code, second.headers["retry-after"]) == (409, "idempotency.running", "1")
    assert other.status == 200
    assert first.result().status == 201
    assert alice.post(ASK, GOOD, key="k9").body == first.result().body


def test_of_many_calls_at_once_with_one_key_one_files(office: Running, alice: Caller) -> None:
    before = len(office.service.store.open_of(ALICE))

    def one(_: int) -> Said:
        return alice.post(ASK, GOOD, key="k10")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))

    assert {each.status for each in answers} <= {201, 409, 429}
    assert len({each.body for each in answers if each.status == 201}) == 1
    assert len(office.service.store.open_of(ALICE)) == before + 1
