"""The running program tells a collector how it is, and is no slower and no later for one that does not answer."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite.store import SqliteStore
from bot.telemetry import otlp
from handlers.channel import unwatched
from tests.journeys.sockets import running_by_socket
from tests.support.collectors import Collector, collecting
from tests.support.running import Running, running

CLIENT = 3
"""What kind of span it is that a call outside has (opentelemetry.proto.trace.v1.Span.SpanKind)."""

REASON = "INC-4711 the till is on fire"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


def environ(collector: Collector) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=s3cr3t",
    }


@pytest.fixture
def office(tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "200")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    with running(tmp_path, environ=environ(collector)) as made:
        yield made


def approved(office: Running) -> str:
    asked = office.ask("alice", "admin", REASON)
    office.press("bob", "approve", asked)
    office.until(lambda: office.grant(asked) == "active")
    return asked


NAMES = {
    "countersign.channel.calls",
    "countersign.decision.seconds",
    "countersign.grants.overdue",
    "countersign.work.oldest_due",
    "countersign.work.runs",
    "http.server.request.duration",
}


def test_metrics_and_traces_come_and_hold_nothing_that_is_secret_or_typed(
    office: Running, collector: Collector
) -> None:
    asked = approved(office)
    office.service.telemetry.begin()
    office.fetch("/health")
    office.until(lambda: collector.metrics().keys() >= NAMES)
    office.until(lambda: any(name == "GET /health" for name, _ in collector.spans()))
    found = collector.metrics()
    everything = b"".join(body for _, body in list(collector.bodies))

    decided = [said for count, said in found["countersign.decision.seconds"] if count == 1]
    assert decided == [{"countersign.outcome": "approved", "countersign.kind": "stages"}]
    assert {said["countersign.outcome"] for _, said in found["countersign.work.runs"]} == {"done"}
    assert [value for value, _ in found["countersign.grants.overdue"]] == [0]
    assert {said["http.response.status_code"] for _, said in found["countersign.channel.calls"]} == {200}
    assert asked.encode() not in b"".join(body for path, body in collector.bodies if path == "/v1/metrics")
    for secret in (REASON, "alice@", "bob@", office.box.bot_token, office.box.signing_secret, "payments"):
        assert secret.encode() not in everything
    assert {each.get("api-key") for each in collector.headers} == {"s3cr3t"}


def test_what_work_calls_outside_is_told_within_it_and_by_no_path(office: Running, collector: Collector) -> None:
    office.service.telemetry.begin()
    approved(office)
    office.until(lambda: _within(collector, "reconcile request") and _within(collector, "reconcile binding"))
    spans = collector.whole_spans()
    calls = [span for span in spans if span.kind == CLIENT and not span.name.startswith("store ")]
    everything = b"".join(body for path, body in list(collector.bodies) if path == "/v1/traces")

    assert "POST" in {span.name for span in calls}
    assert {each.key for span in calls for each in span.attributes} == {
        "http.request.method",
        "http.response.status_code",
        "server.address",
        "server.port",
    }
    for path in (b"chat.update", b"chat.postMessage", b"getIamPolicy", b"/api/", REASON.encode()):
        assert path not in everything


def _within(collector: Collector, name: str) -> bool:
    """A call outside was made by such work."""
    spans = [span for span in collector.whole_spans() if not span.name.startswith("store ")]
    work = {span.span_id for span in spans if span.name == name}
    return any(span.kind == CLIENT and span.parent_span_id in work for span in spans)


def _asked_within(collector: Collector, name: str) -> set[str]:
    """Which operations of the store lie in such spans."""
    spans = collector.whole_spans()
    around = {span.span_id for span in spans if span.name == name}
    return {span.name for span in spans if span.parent_span_id in around}


CLICK = {"store request", "store commit"}
"""What a vote asks of the store, besides other things."""


def test_what_a_click_asks_of_the_store_lies_within_it(office: Running, collector: Collector) -> None:
    office.service.telemetry.begin()
    approved(office)
    office.until(lambda: _asked_within(collector, "POST /slack/events") >= CLICK)
    office.until(lambda: "store save" in _asked_within(collector, "reconcile binding"))


def test_what_comes_by_socket_mode_is_a_span_with_what_it_asks_of_the_store(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    with running_by_socket(tmp_path, environ=environ(collector)) as office:
        office.service.telemetry.begin()
        approved(office)
        office.until(lambda: _asked_within(collector, "socket interactive") >= CLICK)
        office.until(lambda: "store create" in _asked_within(collector, "socket slash_commands"))
        kinds = {said["network.protocol.name"] for name, said in collector.spans() if name.startswith("socket ")}
        everything = b"".join(body for _, body in list(collector.bodies))

    assert kinds == {"websocket"}
    for secret in (REASON, "alice@", "bob@", "payments", "xapp-"):
        assert secret.encode() not in everything


def test_without_an_endpoint_the_store_is_no_other_and_nobody_watches(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        assert type(office.service.store) is SqliteStore
        assert office.service.telemetry.envelopes() is unwatched


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_collector_that_sends_elsewhere_has_nothing_sent_there(
    office: Running, collector: Collector, status: int
) -> None:
    """Neither the header that the collector alone is to see, nor what it was to be told."""
    with collecting() as other:
        collector.status, collector.elsewhere = status, f"{other.url}/v1/traces"
        office.service.telemetry.begin()
        office.fetch("/health")
        office.until(lambda: {path for path, _ in list(collector.bodies)} == {"/v1/traces", "/v1/metrics"})
        office.service.telemetry.close()

        assert other.bodies == []


@pytest.mark.parametrize("lie", [b"<html>no</html>", b"\xff" * 100_000])
def test_a_collector_that_refuses_or_lies_harms_nothing(office: Running, collector: Collector, lie: bytes) -> None:
    collector.status, collector.answer = 400, lie
    office.service.telemetry.begin()
    approved(office)

    assert collector.arrived.wait(120)
    assert office.fetch("/ready")[0] == 200


def test_a_collector_that_never_answers_slows_nothing_and_holds_no_stop_up(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "100")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    monkeypatch.setattr(otlp, "EXPORT", 60.0)
    collector.silent = True
    with running(tmp_path, environ=environ(collector)) as office:
        office.service.telemetry.begin()
        office.fetch("/health")
        assert collector.arrived.wait(120)
        asked = office.ask("alice", "admin")
        assert office.press("bob", "approve", asked).ok
        began = time.monotonic()
        office.service.telemetry.close()

        # Two seconds are its own, and one that is waited for takes sixty; the rest is for a busy machine.
        assert time.monotonic() - began < 30


def test_without_an_endpoint_the_libraries_are_never_loaded() -> None:
    code = "import sys, bot.serve, bot.compose; sys.exit('opentelemetry.sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
