"""The variables by which a collector is named.

Source: the OpenTelemetry specification, "OpenTelemetry Protocol Exporter" (its names and their precedence).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from bot.telemetry.otlp import Collector
from countersign_client.patterns import Pattern
from handlers.settings import Secret, Variable, url

_ENDPOINT, _TRACES, _METRICS = (f"OTEL_EXPORTER_OTLP_{name}ENDPOINT" for name in ("", "TRACES_", "METRICS_"))
_HEADERS, _TRACES_HEADERS, _METRICS_HEADERS = (
    f"OTEL_EXPORTER_OTLP_{name}HEADERS" for name in ("", "TRACES_", "METRICS_")
)
_PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
_NAME = Pattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110, section 5.6.2


def _headers(text: str) -> tuple[tuple[str, Secret], ...]:
    found = []
    for pair in filter(None, map(str.strip, text.split(","))):
        name, equals, value = pair.partition("=")
        value = unquote(value.strip())
        if not equals or not _NAME.fullmatch(name.strip()) or not value.isprintable():
            raise ValueError(
                "it is no list of headers. Set one such as api-key=KEY, with a comma between two, and write a"
                " comma or a space in a value as %2C or %20"
            )
        found.append((name.strip(), Secret(value)))
    return tuple(found)


def _protocol(text: str) -> str:
    if text != "http/protobuf":
        raise ValueError(f"{text!r} is not spoken. Set http/protobuf, and a port where the collector speaks it")
    return text


VARIABLES = (
    Variable(
        name=_ENDPOINT,
        doc=(
            "The address of a collector of OpenTelemetry that takes OTLP over HTTP, such as"
            " `http://localhost:4318`: it is sent metrics and traces ([telemetry](telemetry.md))."
        ),
        parse=url,
    ),
    Variable(name=_TRACES, doc="The full address for traces, in place of that one's `/v1/traces`.", parse=url),
    Variable(name=_METRICS, doc="The full address for metrics, in place of that one's `/v1/metrics`.", parse=url),
    Variable(
        name=_HEADERS, doc="Headers for the collector, `NAME=VALUE,NAME=VALUE`. Never logged.", parse=_headers
    ),
    Variable(name=_TRACES_HEADERS, doc="Headers with traces, in place of those. Never logged.", parse=_headers),
    Variable(name=_METRICS_HEADERS, doc="Headers with metrics, in place of those. Never logged.", parse=_headers),
    Variable(name=_PROTOCOL, doc="`http/protobuf`, which is what is spoken.", parse=_protocol),
)


def collector(values: Mapping[str, Any]) -> Collector:
    """Where to send, by the variables' values."""
    base = values.get(_ENDPOINT)
    return Collector(
        traces=values.get(_TRACES) or (f"{base}/v1/traces" if base else None),
        metrics=values.get(_METRICS) or (f"{base}/v1/metrics" if base else None),
        traces_headers=_revealed(values, _TRACES_HEADERS),
        metrics_headers=_revealed(values, _METRICS_HEADERS),
    )


def _revealed(values: Mapping[str, Any], own: str) -> Mapping[str, str]:
    """Those of one of the two go before those of both, as the specification has it."""
    return {name: secret.reveal() for name, secret in values.get(own) or values.get(_HEADERS) or ()}


def secrets(values: Mapping[str, Any]) -> tuple[Secret, ...]:
    """What of them the log must never show."""
    every = (_HEADERS, _TRACES_HEADERS, _METRICS_HEADERS)
    return tuple(secret for each in every for _, secret in values.get(each) or ())
