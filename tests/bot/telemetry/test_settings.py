"""Where telemetry goes is read whole or refused by name, and its headers are secrets."""

from pathlib import Path

import pytest

from bot.telemetry import settings as telemetry
from bot.telemetry.gauges import READ
from bot.telemetry.recorder import COUNTED, TIMED
from bot.telemetry.settings import VARIABLES


def values(**given: str) -> dict[str, object]:
    found = {}
    for variable in VARIABLES:
        short = variable.name.removeprefix("OTEL_EXPORTER_OTLP_").lower()
        found[variable.name] = variable.parse(given[short]) if short in given else None
    return found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("endpoint", "localhost:4317"),
        ("endpoint", "grpc://collector:4317"),
        ("traces_endpoint", "collector/v1/traces"),
        ("protocol", "grpc"),
        ("protocol", "http/json"),
        ("headers", "no-equals-sign"),
        ("headers", "a b=c"),
        ("headers", "=value"),
        ("headers", "name=line%0Abreak"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_set(name: str, text: str) -> None:
    with pytest.raises(ValueError, match="Set "):
        values(**{name: text})


def test_without_an_endpoint_nothing_is_sent() -> None:
    assert not telemetry.collector(values(headers="a=b", protocol="http/protobuf"))


def test_one_address_serves_both_and_one_of_its_own_goes_before_it() -> None:
    both = telemetry.collector(values(endpoint="http://c:4318/"))
    own = telemetry.collector(values(endpoint="http://c:4318", traces_endpoint="http://t/x"))
    alone = telemetry.collector(values(metrics_endpoint="http://m/y"))

    assert (both.traces, both.metrics) == ("http://c:4318/v1/traces", "http://c:4318/v1/metrics")
    assert (own.traces, own.metrics) == ("http://t/x", "http://c:4318/v1/metrics")
    assert (alone.traces, alone.metrics) == (None, "http://m/y")


def test_headers_are_decoded_and_never_shown() -> None:
    found = values(headers="api-key=s3cr3t%2Cx, Authorization=Bearer%20t0ken")

    made = telemetry.collector(found)
    assert made.traces_headers == {"api-key": "s3cr3t,x", "Authorization": "Bearer t0ken"} == made.metrics_headers
    assert [each.reveal() for each in telemetry.secrets(found)] == ["s3cr3t,x", "Bearer t0ken"]
    assert "s3cr3t" not in repr(found)


def test_headers_of_one_of_the_two_go_before_those_of_both_and_are_as_secret() -> None:
    found = values(headers="api-key=both", traces_headers="api-key=tr4ces")
    made = telemetry.collector(found)

    assert (made.traces_headers, made.metrics_headers) == ({"api-key": "tr4ces"}, {"api-key": "both"})
    assert [each.reveal() for each in telemetry.secrets(found)] == ["both", "tr4ces"]


@pytest.mark.parametrize("name", ["traces_headers", "metrics_headers"])
def test_headers_that_the_libraries_would_write_into_the_log_are_refused_before(name: str) -> None:
    with pytest.raises(ValueError, match="Set ") as refused:
        values(**{name: "s3cr3t"})
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize("address", ["http://user:s3cr3t@c:4318", "http://c:4318?key=s3cr3t", "http://s3cr3t@c"])
def test_an_address_with_credentials_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ValueError, match="Set ") as refused:
        values(endpoint=address)
    assert "s3cr3t" not in str(refused.value)


def test_every_metric_stands_on_its_page() -> None:
    page = Path("docs/telemetry.md").read_text()

    assert [name for name in (*COUNTED, *TIMED, *READ) if f"| `{name}` |" not in page] == []
