"""No secret and no forged line reaches the log."""

import io
import json
import logging
import re
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import jwt
import pytest

from bot import logs
from bot.serve import StartError, serve
from handlers.settings import Secret
from handlers.slack.record import SLACK
from tests.bot.commands import environment

JWS = jwt.encode({"jti": "abc-123", "knd": "activation"}, "k" * 32, algorithm="HS256")
SIGNATURE = "v0=" + "a2114d57" * 8


class Log:
    """The configured log, written to memory."""

    def __init__(self, *, json_lines: bool) -> None:
        self._stream = io.StringIO()
        logs.configure(
            level="DEBUG",
            json_lines=json_lines,
            hidden=SLACK.hidden,
            secrets=[Secret("hunter2-secret")],
            stream=self._stream,
        )

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def record(self) -> dict[str, Any]:
        (line,) = self.text.splitlines()
        loaded: dict[str, Any] = json.loads(line)
        return loaded


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """Put the process's logging back as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    yield
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = before
    logging.captureWarnings(capture=False)


@pytest.fixture
def log() -> Log:
    return Log(json_lines=False)


@pytest.mark.parametrize(
    "hidden",
    [
        "hunter2-secret",
        JWS,
        JWS.rpartition(".")[0],
        "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy",
        "xoxe.xoxp-1-Mi0yLTM0MTQwNDE0MDE3Ni0zNTY",
        "xapp-1-A02-123-0123456789abcdef",
        SIGNATURE,
        "ya29.a0AfH6SMBx-abc_def",
        "13345224609.738474920.8088930838d88f008e0123456789abcd",
        "https://hooks.slack.com/actions/T0/1/secretpath",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----",
        "Bearer opaque-token",
        "BEARER opaque-token",
        "1//0gLongRefreshTokenOfGoogle-abc_DEF123",
        "GOCSPX-aClientSecret_of-Google",
        "AIzaSyD-aKeyOfAnApi_0123456789abcdefghi",
        "Basic YWxpY2U6aHVzaC1odXNo",
        "Authorization: Basic bm8tY29sb24taW4taGVyZQ==",
        "xwfp-1-tokenOfAWorkflow",
        "wss://wss-primary.slack.com/link/?ticket=12348&app_id=5678",
        "/link/?ticket=a-single-use-ticket&app_id=5678",
        "Request(id='r-1', justification=Typed(text='customer data', salt='x'), days=(1, 2))",
        "_Held(text='customer data with a ) and a \\' in it')",
        "Typed(text='customer data",
        "token=gIkuvaNzQIHg97ATvDxqgjtO&team_id=T0001&text=because",
        "payload=%7B%22type%22%3A%22block_actions%22%7D",
        '{"type": "block_actions", "user": {"id": "U1"}}',
        "{'justification': 'customer data'}",
        '[{"text": "customer data"}]',
        '{"text": "customer data", "unfinished',
    ],
)
@pytest.mark.parametrize("place", ["message", "argument", "exception", "cause"])
def test_a_secret_token_or_body_is_removed(log: Log, hidden: str, place: str) -> None:
    logger = logging.getLogger("countersign.test")
    if place == "message":
        logger.warning("before " + hidden)  # noqa: G003
    elif place == "argument":
        logger.warning("before %s", hidden)
    else:
        say_in_exception(logger, hidden, cause=place == "cause")

    assert "before" in log.text
    for part in (hidden, hidden.rpartition(" ")[2]):
        assert part not in log.text
    assert not any(word in log.text for word in ("customer", "MIIEvQ", "block_actions", "because", "T0001"))


def say_in_exception(logger: logging.Logger, text: str, *, cause: bool) -> None:
    try:
        try:
            raise ValueError(text)
        except ValueError as inner:
            if cause:
                raise RuntimeError("outer") from inner
            raise
    except (ValueError, RuntimeError):
        logger.exception("before")


def test_a_token_leaves_its_id_to_be_found_in_the_audit(log: Log) -> None:
    logging.getLogger("countersign.test").warning("GET /review/%s", JWS)

    assert "GET /review/[token abc-123]" in log.text


def test_a_token_with_a_forged_id_leaves_nothing(log: Log) -> None:
    forged = jwt.encode({"jti": "abc\n2026 approved"}, "k" * 32, algorithm="HS256")
    logging.getLogger("countersign.test").warning("got %s", forged)

    assert log.text.rstrip().endswith("got [token]")


def test_a_body_leaves_its_error_code(log: Log) -> None:
    logging.getLogger("countersign.test").warning("Slack said %s", {"ok": False, "error": "channel_not_found"})

    assert log.text.rstrip().endswith("Slack said [body, error channel_not_found]")


@pytest.mark.parametrize("mark", ["\n", "\r", "\x1b[31m", "\x00", "\x85", "\u2028", "\u202e", "\x9b"])
@pytest.mark.parametrize("json_lines", [False, True])
def test_nothing_typed_can_forge_a_line(mark: str, json_lines: bool) -> None:
    log = Log(json_lines=json_lines)
    logging.getLogger("countersign.test").warning("reason: %s", f"x{mark}2026-01-01 CRITICAL forged")

    assert mark not in log.text.removesuffix("\n")
    assert len(log.text.splitlines()) == 1


def test_an_exceptions_lines_are_marked_as_a_trace(log: Log) -> None:
    say_in_exception(logging.getLogger("countersign.test"), "x\n2026-01-01T00:00:00.000Z INFO forged", cause=False)

    first, *trace = log.text.splitlines()
    assert first.endswith("countersign.test: before")
    assert all(line.startswith("  | ") for line in trace)
    assert any("test_logs.py" in line for line in trace)


def test_a_huge_hostile_text_costs_little_and_is_cut(log: Log) -> None:
    logging.getLogger("countersign.test").warning("%s", "a." * 500_000 + '{"' * 500_000)

    assert len(log.text) < 10_000


def test_on_cloud_run_a_record_is_one_json_object_with_a_severity() -> None:
    log = Log(json_lines=True)
    say_in_exception(logging.getLogger("countersign.test"), "oops", cause=False)

    record = log.record()
    assert record["severity"] == "ERROR"
    assert record["message"] == "before"
    assert "ValueError: oops" in record["stack_trace"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["time"])


def test_arguments_that_do_not_fit_lose_no_record(log: Log) -> None:
    logging.getLogger("countersign.test").warning("%d people", "many")

    assert "%d people" in log.text


@pytest.mark.parametrize("name", ["slack_bolt.app", "slack_sdk.web", "googleapiclient.http", "uvicorn.access"])
def test_libraries_that_log_bodies_are_quiet_below_warning(
    log: Log, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server that ran in this process without an access log has cut its logger off.
    monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    logging.getLogger(name).info("the body was %s", "anything")
    logging.getLogger(name).warning("seen")

    assert "anything" not in log.text
    assert "seen" in log.text


def test_an_uncaught_exception_is_redacted(log: Log) -> None:
    error = ValueError(JWS)
    sys.excepthook(ValueError, error, None)

    assert "ValueError: [token abc-123]" in log.text


def test_an_uncaught_exception_of_a_thread_is_redacted(log: Log) -> None:
    def fail() -> None:
        raise ValueError(SIGNATURE)

    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()

    assert "thread worker stopped" in log.text
    assert SIGNATURE not in log.text


def test_a_warning_goes_the_same_way(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(f"odd {SIGNATURE}", stacklevel=1)

    assert "odd [secret]" in log.text


def test_the_service_hides_what_its_channels_know_as_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also what is nobody's that it was given, such as a token in an answer of Slack's."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(StartError, match="cannot be taken"):
            serve(environment(tmp_path, PORT=str(taken.getsockname()[1])))
    for number, handler in before.items():
        signal.signal(number, handler)

    logging.getLogger("countersign").warning("an answer with xoxb-17653672481-somebodys")

    said = capsys.readouterr().err
    assert "an answer with [secret]" in said
    assert "somebodys" not in said


def test_labels_are_a_field_of_their_own_without_secrets_and_forged_lines() -> None:
    log = Log(json_lines=True)
    labels = {"event": "api.requestRole", "justification": f"see {JWS} and hunter2-secret\nERROR forged"}
    logging.getLogger("countersign").info("asked", extra={"labels": labels})
    written = log.record()["logging.googleapis.com/labels"]

    assert written["event"] == "api.requestRole"
    assert "hunter2" not in log.text
    assert JWS not in log.text
    assert "\n" not in written["justification"]


def test_a_line_without_labels_has_no_such_field() -> None:
    log = Log(json_lines=True)
    logging.getLogger("countersign").info("asked")

    assert "logging.googleapis.com/labels" not in log.record()


def test_on_a_terminal_a_line_is_its_sentence_alone() -> None:
    log = Log(json_lines=False)
    logging.getLogger("countersign").info("asked", extra={"labels": {"justification": "CHG-42"}})

    assert log.text.endswith("countersign: asked\n")
