"""A collector of OpenTelemetry on loopback: reads what it is sent by the messages of the protocol alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """Everything that came. `status` is what it answers; `silent`: it takes what comes, and never answers.

    `elsewhere` is where it sends whoever comes, with a status that says so.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.answer = b""
        self.elsewhere = ""
        self.silent = False
        self.arrived = threading.Event()
        self.leave = threading.Event()
        self.bodies: list[tuple[str, bytes]] = []
        self.headers: list[dict[str, str]] = []

    def metrics(self) -> dict[str, list[tuple[float, dict[str, Any]]]]:
        """The last points of each metric: its value, or of a histogram its count, and its attributes."""
        found: dict[str, list[tuple[float, dict[str, Any]]]] = {}
        for path, body in list(self.bodies):
            if path == "/v1/metrics":
                for metric in _metrics(ExportMetricsServiceRequest.FromString(body)):
                    found[metric.name] = [*_points(metric)]
        return found

    def instruments(self) -> dict[str, tuple[str, str]]:
        """Of which kind each metric is that came, and its unit."""
        return {
            metric.name: (metric.WhichOneof("data"), metric.unit)
            for path, body in list(self.bodies)
            if path == "/v1/metrics"
            for metric in _metrics(ExportMetricsServiceRequest.FromString(body))
        }

    def spans(self) -> list[tuple[str, dict[str, Any]]]:
        """Each span's name and attributes, as they came."""
        return [(span.name, _attributes(span.attributes)) for span in self.whole_spans()]

    def whole_spans(self) -> list[Any]:
        """Each span as it came."""
        return [
            span
            for path, body in list(self.bodies)
            if path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def _metrics(sent: Any) -> Iterator[Any]:
    return (each for one in sent.resource_metrics for scope in one.scope_metrics for each in scope.metrics)


def _points(metric: Any) -> Iterator[tuple[float, dict[str, Any]]]:
    kind = metric.WhichOneof("data")
    for point in getattr(metric, kind).data_points:
        value = point.count if kind == "histogram" else point.as_double or point.as_int
        yield float(value), _attributes(point.attributes)


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def collecting() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            found.bodies.append((self.path, body))
            found.arrived.set()
            if found.silent:
                found.leave.wait(300)
                return
            self.send_response(found.status)
            if found.elsewhere:
                self.send_header("Location", found.elsewhere)
            self.send_header("Content-Length", str(len(found.answer)))
            self.end_headers()
            self.wfile.write(found.answer)

        def do_GET(self) -> None:
            found.bodies.append((self.path, b""))
            self.send_error(405)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.leave.set()
        server.shutdown()
        server.server_close()
        thread.join()
