"""OTLP over HTTP by OpenTelemetry's libraries, which load when this does its first work.

The rest of the `OTEL_` variables of the specification are the libraries' own to read.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from bot.telemetry.gauges import OLDEST, OVERDUE, READ, Gauges
from bot.telemetry.recorder import COUNTED, TIMED, Attributes, Kind, Recorder

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation

EXPORT = 5.0
"""Seconds that sending may take, tries included."""

LEAVING = 2.0
"""Seconds that what is left may take when the service stops; then it is lost."""

BOUNDS = (0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600)
"""Seconds between which decisions are counted: people answer in minutes, and some the next day."""

_log = logging.getLogger("countersign")


class Collector(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send traces and metrics, None for what is not wanted, and the headers of each."""

    traces: str | None
    metrics: str | None
    traces_headers: Mapping[str, str] = {}
    metrics_headers: Mapping[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.traces or self.metrics)


class Exporting:
    """Sends in threads of its own. Whoever records waits for nothing: what there is no room for is dropped."""

    def __init__(
        self, collector: Collector, recorder: Recorder, gauges: Gauges, *, version: str, owner: str
    ) -> None:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - loads after the first answer

        self._gauges, self._recorder = gauges, recorder
        self._ending = threading.Event()
        self._ends: list[Callable[[], object]] = []
        named = {"service.name": "countersign", "service.version": version, "service.instance.id": owner}
        # What the environment says of the service goes before what we say of it.
        resource = Resource(named).merge(Resource.create())
        if not _is_named(resource):
            resource = resource.merge(Resource({"service.name": "countersign"}))
        self._timed: dict[str, Any] = {}
        self._tracer: Any = None
        if collector.metrics:
            self._measure(collector, resource)
        if collector.traces:
            self._trace(collector, resource)
        recorder.join(self)

    def time(self, name: str, seconds: float, attributes: Attributes) -> None:
        if (found := self._timed.get(name)) is not None:
            found.record(seconds, attributes)

    def begin(self, name: str, began: int, attributes: Attributes, *, kind: Kind, within: Any) -> Any:
        if self._tracer is None:
            return None
        from opentelemetry.context import Context  # noqa: PLC0415 - it is loaded by now
        from opentelemetry.trace import SpanKind, set_span_in_context  # noqa: PLC0415

        around = Context() if within is None else set_span_in_context(within, Context())
        return self._tracer.start_span(
            name, around, kind=SpanKind[kind.upper()], start_time=began, attributes=dict(attributes)
        )

    def end(self, span: Any, ended: int, more: Attributes, *, failed: bool) -> None:
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415

        span.set_attributes(dict(more))
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=ended)

    def close(self) -> None:
        """Send what is left, within `LEAVING`: a collector that does not answer is waited for no longer."""
        self._ending.set()
        threads = [threading.Thread(target=end, daemon=True) for end in self._ends]
        for thread in threads:
            thread.start()
        until = time.monotonic() + LEAVING
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _measure(self, collector: Collector, resource: Any) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415

        sent = OTLPMetricExporter(
            endpoint=collector.metrics,
            headers=dict(collector.metrics_headers) or None,
            timeout=EXPORT,
            session=_session("METRICS"),
        )
        reader = PeriodicExportingMetricReader(sent)
        provider = MeterProvider([reader], resource, shutdown_on_exit=False)
        self._ends.append(lambda: provider.shutdown(timeout_millis=LEAVING * 1000))
        self._instruments(provider.get_meter("countersign"))

    def _instruments(self, meter: "Meter") -> None:
        for name, said in COUNTED.items():
            meter.create_observable_counter(name, [self._counts(name)], unit="1", description=said)
        for name, said in TIMED.items():
            bounds = BOUNDS if name.startswith("countersign.") else None
            self._timed[name] = meter.create_histogram(
                name, unit="s", description=said, explicit_bucket_boundaries_advisory=bounds
            )
        reads: dict[str, Callable[[], float]] = {OLDEST: self._gauges.oldest, OVERDUE: self._gauges.overdue}
        for name, (unit, said) in READ.items():
            meter.create_observable_gauge(name, [self._read(reads[name])], unit=unit, description=said)

    def _counts(self, name: str) -> "Callable[[CallbackOptions], Iterable[Observation]]":
        from opentelemetry.metrics import Observation  # noqa: PLC0415

        return lambda _: [Observation(count, said) for count, said in self._recorder.counts(name)]

    def _read(self, look: Callable[[], float]) -> "Callable[[CallbackOptions], Iterable[Observation]]":
        from opentelemetry.metrics import Observation  # noqa: PLC0415

        def observe(_: "CallbackOptions") -> "Iterable[Observation]":
            if self._ending.is_set():
                return []
            try:
                return [Observation(look())]
            except Exception as error:  # noqa: BLE001 - what cannot be read is not told this time
                _log.warning("what telemetry tells cannot be read: %s", error)
                return []

        return observe

    def _trace(self, collector: Collector, resource: Any) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        sent = OTLPSpanExporter(
            endpoint=collector.traces,
            headers=dict(collector.traces_headers) or None,
            timeout=EXPORT,
            session=_session("TRACES"),
        )
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(sent))
        self._ends.append(provider.shutdown)
        self._tracer = provider.get_tracer("countersign")


def _session(signal: str) -> Any:
    """What it is sent by; None where the environment names one, which the library makes."""
    from bot.telemetry.carrying import session  # noqa: PLC0415 - it loads what the exporters load

    theirs = ("OTEL_PYTHON_EXPORTER_OTLP_HTTP_", f"OTEL_PYTHON_EXPORTER_OTLP_HTTP_{signal}_")
    return None if any(os.environ.get(f"{each}CREDENTIAL_PROVIDER") for each in theirs) else session()


def _is_named(resource: Any) -> bool:
    """By somebody: without a name the libraries put one that begins like this."""
    return not str(resource.attributes.get("service.name", "unknown_service")).startswith("unknown_service")
