"""What is sent again is the same call under the same key, signed anew; what is no use is not sent again."""

import json

import pytest

from countersign_client.applications import errors
from countersign_client.errors import Unusable
from tests.countersign_client.applications.saying import ASKED, ID, JSON, Both, problem, request
from tests.support.said import Said

HTML = {"content-type": "text/html"}


@pytest.mark.parametrize(
    "answer",
    [
        problem(403, "guardrail"),
        problem(401, "step_up"),
        problem(409, "frozen"),
        problem(422, "idempotency.reused"),
        problem(429, "limit.hour", {"retry-after": "1"}),
        problem(500, "unexpected"),
    ],
)
def test_a_refusal_is_not_asked_twice(server: Said, app: Both, answer: tuple[int, dict[str, str], object]) -> None:
    server.says(answer, request("approved"))
    with pytest.raises(errors.NotAllowed):
        app.ask(**ASKED)
    assert len(server.came) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (0, JSON, b"{"),
        (502, HTML, b"bad gateway"),
        problem(503, "late", {"retry-after": "0"}),
        problem(409, "conflict"),
        problem(409, "idempotency.running"),
        problem(429, "pace", {"retry-after": "0"}),
    ],
)
def test_a_call_is_sent_again_under_its_key_and_signed_anew(
    server: Said, app: Both, answer: tuple[int, dict[str, str], object]
) -> None:
    server.says(answer, request())
    assert app.ask(**ASKED).id == ID
    (_, _, first, body), (_, _, second, again) = server.came
    assert first["idempotency-key"] == second["idempotency-key"] != '""'
    assert body == again
    assert first["authorization"] != second["authorization"]
    assert len({claims["jti"] for claims in app.mark.made}) == 2


def test_another_deed_has_another_key_and_a_named_one_its_own(server: Said, app: Both) -> None:
    server.says(request())
    app.ask(**ASKED)
    app.ask(**ASKED)
    app.ask(**ASKED, idempotency_key="job-17")
    keys = [headers["idempotency-key"] for _, _, headers, _ in server.came]
    assert len(set(keys)) == 3
    assert keys[2] == '"job-17"'


def test_each_call_is_signed_for_itself(server: Said, app: Both) -> None:
    server.says(request())
    app.ask(**ASKED, reason="a broken cup", idempotency_key="job-17")
    app.withdraw(ID, idempotency_key="job-18")
    assert [(made["htm"], made["htu"], made["ik"]) for made in app.mark.made] == [
        ("POST", f"{server.url}/v1/requests", "job-17"),
        ("DELETE", f"{server.url}/v1/requests/{ID}", "job-18"),
    ]
    assert {(made["iss"], made["aud"]) for made in app.mark.made} == {("payments", server.url)}
    assert json.loads(server.came[0][3]) == {
        "action": "refund",
        "parameters": {"order": "A-17"},
        "on_behalf_of": {"token": "a.token.x"},
        "reason": "a broken cup",
    }


def test_asking_and_consuming_have_keys_of_their_own(server: Said, app: Both) -> None:
    app.client._core._keys, app.client._core._pinned = {}, True
    server.says(request(), request("approved"), problem(409, "used"))
    with pytest.raises(errors.Used):
        app.require(**ASKED, idempotency_key="job-17")
    asked, _, consumed = server.came
    assert asked[2]["idempotency-key"] == '"job-17"'
    assert consumed[2]["idempotency-key"] == '"job-17.consume"'


def test_what_cannot_be_sent_is_not(server: Said, app: Both) -> None:
    server.says(request())
    with pytest.raises(Unusable, match="order is a list"):
        app.require("refund", on_behalf_of="a.b.c", order=["A-17"])
    assert server.came == []


def test_a_request_that_is_no_id_stays_in_its_place(server: Said, app: Both) -> None:
    server.says(request("approved"))
    app.look("../actions?x=1")
    assert app.mark.made[0]["htu"] == f"{server.url}/v1/requests/..%2Factions%3Fx%3D1"
    assert "ik" not in app.mark.made[0]
