"""A collector that answers in drops, or without an end: what is to be told next is sent all the same."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from approvals.backends.stores.sqlite import open_sqlite
from approvals.ports.store import Store
from bot.telemetry import otlp
from bot.telemetry.carrying import LARGEST, session
from bot.telemetry.gauges import Gauges
from bot.telemetry.otlp import Collector, Exporting
from bot.telemetry.recorder import Recorder
from tests.support.builders import NOW
from tests.support.certificates import certificate
from tests.support.collectors import collecting
from tests.support.drips import DROP, Step, dripping
from tests.support.once import saying

LIMIT = 0.5
SOON = 30.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_sqlite(tmp_path / "countersign.db", now=NOW)
    yield made
    made.close()


def exporting(store: Store, **where: str | None) -> tuple[Exporting, Recorder]:
    recorder = Recorder()
    collector = Collector(traces=where.get("traces"), metrics=where.get("metrics"))
    return Exporting(collector, recorder, Gauges(store, clock=lambda: NOW), version="1", owner="me"), recorder


def until(asked: Callable[[], bool], meanwhile: Callable[[], object]) -> bool:
    end = time.monotonic() + SOON
    while time.monotonic() < end and not asked():
        meanwhile()
        time.sleep(DROP)
    return asked()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is to tell is told at once."""
    monkeypatch.setattr(otlp, "EXPORT", LIMIT)
    for name in ("OTEL_METRIC_EXPORT_INTERVAL", "OTEL_BSP_SCHEDULE_DELAY"):
        monkeypatch.setenv(name, "100")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("step", ["status", "headers", "body", "end"])
@pytest.mark.parametrize("what", ["traces", "metrics"])
def test_what_comes_after_an_answer_in_drops_is_sent(store: Store, what: str, step: Step) -> None:
    with dripping(step) as server:
        found, recorder = exporting(store, **{what: f"{server.url}/v1/{what}"})
        try:
            assert until(lambda: server.asked >= 2, lambda: recorder.span("it", {})({}, failed=False))
        finally:
            found.close()


def post(url: str, *, timeout: float) -> requests.Response:
    with session() as sender:
        return sender.request("POST", url, data=b"x", timeout=timeout, allow_redirects=False)


def test_an_answer_without_an_end_is_not_held() -> None:
    with dripping("flood") as server:
        began = time.monotonic()
        with pytest.raises(requests.ConnectionError, match="too large"):
            post(server.url, timeout=10 * SOON)
        assert time.monotonic() - began < SOON


def test_a_handshake_in_drops_is_over_at_its_time() -> None:
    with dripping("handshake") as server:
        began = time.monotonic()
        with pytest.raises(requests.RequestException):
            post(server.url, timeout=LIMIT)
        assert time.monotonic() - began < SOON


@pytest.mark.parametrize("step", ["body", "chunks", "end"])
def test_an_answer_that_is_cut_off_by_its_time_is_none(step: Step) -> None:
    with dripping(step) as server, pytest.raises(requests.ConnectionError, match="no whole answer"):
        post(server.url, timeout=LIMIT)


@pytest.mark.parametrize("sort", [b"Content-Length: 100\r\n\r\nx", b"Transfer-Encoding: chunked\r\n\r\n5\r\nx"])
def test_an_answer_that_its_server_cuts_off_is_none(sort: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + sort
    with saying(answer) as url, pytest.raises(requests.ConnectionError, match="no whole answer"):
        post(url, timeout=SOON)


@pytest.mark.parametrize("step", ["status", "body"])
def test_an_answer_in_drops_over_tls_is_over_at_its_time(
    step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, alone = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(alone))
    with dripping(step, tls=pair) as server:
        began = time.monotonic()
        with pytest.raises(requests.RequestException):
            # The handshake has to be over by then.
            post(server.url, timeout=10 * LIMIT)
        assert server.was_asked_once()
        assert server.shook_hands
        assert time.monotonic() - began < SOON


def test_a_whole_answer_is_taken_and_the_connection_used_again() -> None:
    with collecting() as collector, session() as sender:
        collector.answer = b"x" * LARGEST
        for _ in range(3):
            answer = sender.request("POST", f"{collector.url}/v1/traces", data=b"x", timeout=SOON)
            assert (answer.status_code, answer.content) == (200, collector.answer)
        assert len(collector.bodies) == 3
    assert not [each for each in threading.enumerate() if isinstance(each, threading.Timer) and each.is_alive()]


@pytest.mark.parametrize("name", ["OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER", ""])
def test_who_sends_by_credentials_of_the_environment_keeps_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name:
        monkeypatch.setenv(name, "of_theirs")

    assert (otlp._session("TRACES") is None) == bool(name)
