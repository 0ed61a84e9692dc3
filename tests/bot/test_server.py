"""The service over real HTTP: what is unsigned, old, huge or garbage gets no further; a replay files once."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from handlers.slack import front
from tests.support.running import Running, running


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office")) as made:
        yield made


def command(office: Running, text: str) -> bytes:
    form = office.box.slack.payloads.command("U0ALICE", "C0ACCESS", "/jit", text)
    return urlencode(form).encode()


def test_a_replayed_command_finds_the_request_that_the_first_one_made(office: Running) -> None:
    body = command(office, "request admin for 1h because INC-1")
    headers = office.box.slack.signed(body)
    first, second = (office.box.slack.post(body, headers=headers) for _ in range(2))

    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert len(office.service.store.open_of("alice@example.com")) == 1


def test_a_command_whose_text_looks_like_another_kind_of_request_is_still_a_command(office: Running) -> None:
    body = command(office, 'help payload={"type":"block_actions"} &payload=[]')
    answer = office.box.slack.post(body)
    assert answer.status == 200
    assert "/jit" in answer.body


@pytest.mark.parametrize("stamp", ["", "x", "1e9", "-1", "99999999999999999999", "٣", "1700000000"])
def test_an_unusable_time_is_no_signature(office: Running, stamp: str) -> None:
    body = command(office, "help")
    headers = office.box.slack.signed(body) | {"X-Slack-Request-Timestamp": stamp.encode().decode("latin-1")}
    assert office.box.slack.post(body, headers=headers).status == 401


def test_a_signature_lasts_five_minutes(office: Running) -> None:
    body = command(office, "help")
    headers = office.box.slack.signed(body)
    office.clock.ahead += timedelta(seconds=290)
    assert office.box.slack.post(body, headers=headers).status == 200
    office.clock.ahead += timedelta(seconds=11)
    assert office.box.slack.post(body, headers=headers).status == 401


def test_another_body_under_the_same_signature_is_refused(office: Running) -> None:
    headers = office.box.slack.signed(command(office, "help"))
    assert office.box.slack.post(command(office, "mine"), headers=headers).status == 401
    assert office.box.slack.post(command(office, "mine"), headers={}).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\xff",
        b"payload=[]",
        b"payload=",
        b"payload=7",
        b'payload={"type":"block_actions"}',
        b'payload={"type":"view_submission","view":[]}',
        b"payload=" + b"[" * 100_000,
        b"command=/jit&command=/jit",
    ],
    ids=["empty", "no text", "list", "nothing", "number", "bare", "odd view", "deep", "twice"],
)
def test_garbage_with_a_good_signature_is_refused_without_a_trace(office: Running, body: bytes) -> None:
    answer = office.box.slack.post(body)
    assert 400 <= answer.status < 500
    assert "Traceback" not in answer.body


def test_a_signature_behind_the_body_is_none(office: Running) -> None:
    body = command(office, "request admin for 1h because INC-2")
    signed = office.box.slack.signed(body)
    signature = signed.pop("X-Slack-Signature")
    heads = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    with socket.create_connection(("127.0.0.1", urlsplit(office.url).port or 0), timeout=10) as one:
        head = f"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{heads}\r\n"
        trailer = f"0\r\nX-Slack-Signature: {signature}\r\n\r\n"
        one.sendall(f"{head}{len(body):x}\r\n".encode() + body + f"\r\n{trailer}".encode())
        answer = one.recv(1000)

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert not any("INC-2" in str(one) for one in office.service.store.open_of("alice@example.com"))


@pytest.mark.parametrize("stamp", ["", "1700000000"])
def test_no_body_is_waited_for_where_the_time_is_no_good(
    office: Running, stamp: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "TIMEOUT", 60.0)
    heads = f"X-Slack-Request-Timestamp: {stamp}\r\n" if stamp else "Content-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(office.url).port or 0), timeout=30) as one:
        one.sendall(f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n{heads}\r\n".encode())

        assert one.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_slacks_look_at_the_certificate_is_answered(office: Running) -> None:
    assert office.box.slack.outward.check_certificate().status == 200
    assert office.fetch("/slack/events?ssl_check=1&token=x")[0] == 200


def test_a_body_that_is_too_large_is_not_read(office: Running) -> None:
    assert office.box.slack.post(b"x" * 2_000_000).status in (413, 0)
    assert office.fetch("/health") == (200, "ok")


def test_only_what_exists_answers(office: Running) -> None:
    assert office.fetch("/ready") == (200, "ready")
    assert set(json.loads(office.fetch("/.well-known/jwks.json")[1])) == {"keys"}
    assert office.fetch("/")[0] == 404
    assert office.fetch("/slack/events")[0] == 405
    assert office.fetch("/health", method="POST")[0] == 405


def test_it_is_not_ready_when_nothing_works_on_what_is_due(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        office.service.background.stop()
        assert office.fetch("/ready") == (503, "not ready")
        assert office.fetch("/health") == (200, "ok")


def test_slacks_silence_is_told_and_keeps_nobody_from_being_ready(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        office.box.slack.command("alice", "/jit help")
        office.clock.ahead += timedelta(hours=1)
        assert office.fetch("/ready") == (200, "ready")

        office.box.slack.faults.add("*", "error", times=1000)
        for _ in range(2):
            office.box.slack.command("alice", "/jit mine")
            office.clock.ahead += timedelta(minutes=3)
        status, text = office.fetch("/ready")
        assert (status, text.splitlines()[0]) == (200, "ready")
        assert "Slack has not answered for 6 minutes" in text

        office.box.slack.faults.clear()
        office.box.slack.command("alice", "/jit mine")
        assert office.fetch("/ready") == (200, "ready")


@pytest.mark.parametrize(
    ("environ", "path", "words"),
    [
        ({}, "/slack/event", "its own address is /slack/events"),
        ({}, "/", "its own address is /slack/events"),
        ({}, "/slack/events/", "its own address is /slack/events"),
        ({"SLACK_APP_TOKEN": "xapp-sandbox"}, "/slack/events", "switch Socket Mode on in the app's settings"),
    ],
)
def test_what_slack_sends_to_nobody_is_said_with_what_to_set(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, environ: dict[str, str], path: str, words: str
) -> None:
    with running(tmp_path, environ=environ) as office:
        office.box.bot_url = f"{office.url}{path}"
        assert [office.box.slack.post(command(office, "help")).status for _ in range(3)] == [404] * 3
        assert office.fetch(path, method="POST")[0] == 404
    lines = [one.getMessage() for one in caplog.records if one.name == "countersign.door"]

    assert len(lines) == 1
    assert words in lines[0]
