"""What reaches the app at all: size, time, signature and shape, in that order."""

import http.client
import json
import select
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from handlers.slack import front
from handlers.slack.front import LIMIT, Front
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.requests import form, signed
from tests.support.shown import view_words


@pytest.fixture
def bed(shared_bed: Bed) -> Bed:
    return shared_bed


def test_an_unsigned_request_is_refused(bed: Bed) -> None:
    assert bed.box.slack.post(form(), headers={}).status == 401


def test_a_signature_by_another_secret_is_refused(bed: Bed) -> None:
    body = form()

    assert bed.box.slack.post(body, headers=signed(bed, body, secret="guessed")).status == 401


def test_a_signature_of_another_body_is_refused(bed: Bed) -> None:
    assert bed.box.slack.post(form(text="mine"), headers=signed(bed, form())).status == 401


@pytest.mark.parametrize("signature", ["", "v0=", "v1=" + "0" * 64, "v0=" + "ä" * 64])
def test_an_odd_signature_is_refused(bed: Bed, signature: str) -> None:
    headers = signed(bed, form()) | {"X-Slack-Signature": signature}

    assert bed.box.slack.post(form(), headers=headers).status == 401


@pytest.mark.parametrize("offset", [-301, 330])
def test_a_timestamp_more_than_five_minutes_away_is_refused(bed: Bed, offset: int) -> None:
    stamp = str(int(bed.clock.seconds()) + offset)

    assert bed.box.slack.post(form(), headers=signed(bed, form(), stamp=stamp)).status == 401


@pytest.mark.parametrize("stamp", ["now", "", "-1", "1e9", "9" * 400, "１７００００００００"])
def test_a_timestamp_that_is_no_number_is_refused_and_not_an_error(bed: Bed, stamp: str) -> None:
    headers = signed(bed, form()) | {"X-Slack-Request-Timestamp": stamp.encode().decode("latin-1")}

    assert bed.box.slack.post(form(), headers=headers).status == 401


@pytest.mark.parametrize("order", ["right, wrong", "wrong, right", "right, right"])
@pytest.mark.parametrize("name", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
def test_a_header_that_is_there_twice_counts_as_absent(bed: Bed, name: str, order: str) -> None:
    headers = signed(bed, form())
    kinds = {"right": headers.pop(name), "wrong": "v0=" + "0" * 64 if "Signature" in name else "1"}
    twice = [(name, kinds[kind]) for kind in order.split(", ")]

    assert answered(bed, [*headers.items(), *twice]) == 401
    assert answered(bed, [*headers.items(), (name, kinds["right"])]) == 200


def answered(bed: Bed, headers: list[tuple[str, str]]) -> int:
    """The status of a form that is sent with exactly these headers."""
    url = urlsplit(bed.box.bot_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    connection.putrequest("POST", url.path)
    for name, value in [*headers, ("Content-Length", str(len(form())))]:
        connection.putheader(name, value)
    connection.endheaders(form())
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_huge_body_is_refused_before_it_is_read(bed: Bed) -> None:
    url = urlsplit(bed.box.bot_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    connection.putrequest("POST", url.path)
    for name, value in (signed(bed, b"") | {"Content-Length": str(20 << 20)}).items():
        connection.putheader(name, value)
    connection.endheaders()

    # Not one byte of the body was sent, and the answer is there.
    assert connection.getresponse().status == 413
    connection.close()


def test_a_huge_body_of_unsaid_length_is_refused(bed: Bed) -> None:
    url = urlsplit(bed.box.bot_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    connection.putrequest("POST", url.path)
    for name, value in (signed(bed, b"") | {"Transfer-Encoding": "chunked"}).items():
        connection.putheader(name, value)
    # It ends with the byte that is too much: what came after the answer might break the connection.
    connection.endheaders(b"%x\r\n" % (LIMIT + 1) + bytes(LIMIT + 1))

    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_that_never_comes_is_not_waited_for(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "TIMEOUT", 0.2)
    connection = begun(bed, length=100)

    assert connection.getresponse().status == 408
    connection.close()


def test_a_body_that_trickles_in_is_not_waited_for(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "TIMEOUT", 0.3)
    connection = begun(bed, length=1000)
    for _ in range(60):
        connection.send(b"a")
        if select.select([connection.sock], [], [], 0.05)[0]:
            break

    assert connection.getresponse().status == 408
    connection.close()


def begun(bed: Bed, *, length: int) -> http.client.HTTPConnection:
    """A request whose first byte of so many has been sent."""
    url = urlsplit(bed.box.bot_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    connection.putrequest("POST", url.path)
    for name, value in (signed(bed, b"") | {"Content-Length": str(length)}).items():
        connection.putheader(name, value)
    connection.endheaders(b"a")
    return connection


def test_another_method_is_refused(bed: Bed) -> None:
    url = urlsplit(bed.box.bot_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    connection.request("GET", url.path)

    assert connection.getresponse().status == 405
    connection.close()


GARBAGE = [
    b"\xff",
    b"",
    b"payload=[]",
    b"payload=",
    b"payload=%ff",
    b"payload=null",
    b"payload=" + b"[" * 100_000,
    b"payload=" + quote('{"a":' * 50_000).encode(),
    b"payload={}&payload={}",
    b'payload={"type":"block_actions","user":5}',
    b'payload={"type":"block_actions","user":{"id":7},"actions":[{"action_id":"approve","type":"button"}]}',
    b'{"type": 1',
    b"[]",
    b"&".join(b"a%d=1" % number for number in range(2000)),
    b"command=/jit&command=/jit",
]
ODD: list[dict[str, Any]] = [
    {"type": "block_actions"},
    {"type": "block_actions", "actions": []},
    {"type": "block_actions", "actions": {}},
    {"type": "block_actions", "actions": None},
    {"type": "block_actions", "actions": [0]},
    {"type": "block_actions", "actions": [{}]},
    {"type": "block_actions", "actions": [{"type": "button"}]},
    {"type": "block_actions", "actions": [{"action_id": "approve", "type": "button"}], "view": 0},
    {"type": "view_submission"},
    {"type": "view_submission", "view": 0},
    {"type": "view_submission", "view": [1]},
    {"type": "view_submission", "view": {"id": "V1", "callback_id": "request"}},
    {"type": "view_closed", "view": "x"},
    {"type": "event_callback"},
    {"type": "event_callback", "event": 5},
    {"type": "view_submission", "view": {"type": "workflow_step", "callback_id": "x"}},
    {"type": "url_verification", "challenge": {"a": 1}},
    {"type": "block_actions", "actions": [{"action_id": 5, "type": "button"}]},
    {"type": "block_actions", "actions": [{"action_id": "approve", "type": "button"}], "user": 5},
    {"type": "block_actions", "actions": [{"action_id": "approve", "type": "button"}], "team": 5},
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_signed_garbage_is_answered_400(bed: Bed, body: bytes) -> None:
    answer = bed.box.slack.post(body)

    assert (answer.status, "Traceback" in answer.body) == (400, False)


@pytest.mark.parametrize("payload", ODD, ids=range(len(ODD)))
def test_a_signed_payload_of_an_odd_shape_is_answered_400(bed: Bed, payload: dict[str, Any]) -> None:
    body = {"user": {"id": "U0BOB", "team_id": "T0SANDBOX1"}, "team": {"id": "T0SANDBOX1"}} | payload
    answer = bed.box.slack.post(urlencode({"payload": json.dumps(body)}).encode())

    assert (answer.status, "Traceback" in answer.body) == (400, False)


UNKNOWN: list[dict[str, Any]] = [
    {},
    {"type": 5},
    {"type": ["block_actions"]},
    {"type": "nonsense"},
    {"type": "shortcut", "callback_id": "x"},
    {"type": "message_action", "callback_id": "unheard_of", "message": {"ts": "1.2", "text": "x"}},
    {"type": "workflow_step_edit", "callback_id": "x"},
    {"type": "dialog_submission", "callback_id": "x"},
    {"type": "interactive_message", "callback_id": "x", "actions": [{}]},
    {"type": "app_rate_limited"},
    {"view": {"type": "modal"}},
    {"command": 5},
]


@pytest.mark.parametrize("payload", UNKNOWN, ids=range(len(UNKNOWN)))
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_signed_payload_of_an_unknown_kind_is_not_found(
    bed: Bed, payload: dict[str, Any], wrapped: bool
) -> None:
    text = json.dumps({"user": {"id": "U0BOB"}, "team": {"id": "T0SANDBOX1"}} | payload)
    answer = bed.box.slack.post(urlencode({"payload": text}).encode() if wrapped else text.encode())

    assert (answer.status, "Traceback" in answer.body) == (404, False)


def test_an_interaction_that_nobody_handles_is_not_found(bed: Bed) -> None:
    payload = {"type": "block_actions", "user": {"id": "U0BOB"}, "actions": [{"action_id": "?", "type": "button"}]}

    assert bed.box.slack.post(urlencode({"payload": json.dumps(payload)}).encode()).status == 404


def test_an_event_address_is_checked_by_what_slack_sends_along(bed: Bed) -> None:
    answer = bed.box.slack.post(json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB"}).encode())

    assert (answer.status, json.loads(answer.body)) == (200, {"challenge": "3eZbrw1aB"})


def test_an_event_that_nobody_subscribed_to_is_acknowledged_once(bed: Bed) -> None:
    assert bed.box.slack.event({"type": "app_uninstalled"}).status == 200


def test_a_genuine_command_is_answered(bed: Bed) -> None:
    answer = bed.box.slack.post(form())

    assert answer.status == 200
    assert "opens the request form" in answer.body


def test_the_word_payload_in_a_command_does_not_lose_it(bed: Bed) -> None:
    outcome = bed.box.slack.command("alice", "/jit request payload-proj because payload=1")

    assert (outcome.status, outcome.ok) == (200, True)
    assert "payload-proj" in view_words(outcome.view)


def test_a_replayed_command_makes_one_request(bed: Bed) -> None:
    before = len(bed.requests())
    body = form(text="request compute-admin-prod for 1h because CHG-1")
    headers = signed(bed, body)

    answers = [bed.box.slack.post(body, headers=headers) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len(bed.requests()) == before + 1


def test_an_empty_secret_is_refused_at_the_start(bed: Bed) -> None:
    with pytest.raises(ValueError, match="empty signing secret"):
        Front(bed.app, signing_secret="", executor=bed.pool, clock=bed.clock, pace=bed.pace, seldom=bed.seldom)
