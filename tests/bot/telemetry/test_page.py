"""The page on telemetry names the metrics that are sent, and its alerts ask for series that there are."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.telemetry.gauges import OLDEST, OVERDUE, READ, Gauges
from bot.telemetry.otlp import Collector, Exporting
from bot.telemetry.recorder import COUNTED, TIMED, Recorder
from tests.support.clouds import google_with
from tests.support.collectors import Collector as Told
from tests.support.collectors import collecting
from tests.support.direct import direct
from tests.support.world import ALICE, BOB, GWEN, World

PAGE = (Path(__file__).parents[3] / "docs" / "telemetry.md").read_text()
ROWS = dict(re.findall(r"^\| `([a-z._]+)` (\| .*\|)$", PAGE, re.MULTILINE))
_SERIES = re.compile(r"\b((?:countersign|http)_\w+)(?:\{([^}]*)\})?")
_LABEL = re.compile(r"(\w+)(=~?)\"([^\"]*)\"")
_UNITS = {"s": "_seconds"}


DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def gauges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gauges]:
    """Of an installation in which nobody works any more: three have had their access for too long."""
    world = World(tmp_path_factory.mktemp("gauges"), granter=direct(google_with()))
    for who in (ALICE, BOB, GWEN):
        world.granted(who, "logs", minutes=30)
    world.clock.advance(30 * 60 + 61)
    world.store.wake("request:r-0000000000", due=world.clock() - DAY)
    yield Gauges(world.store, clock=world.clock)
    world.close()


def rules() -> Mapping[str, str]:
    (block,) = re.findall(r"^```yaml\n(groups:.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (group,) = yaml.safe_load(block)["groups"]
    return {rule["alert"]: rule["expr"] for rule in group["rules"]}


@pytest.fixture(scope="module")
def told(gauges: Gauges) -> Iterator[Told]:
    """A collector that was told of each metric once or more."""
    with collecting() as collector, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "50")
        recorder = Recorder()
        for name in COUNTED:
            recorder.count(name, {})
        for name in TIMED:
            recorder.time(name, 1.0, {})
        where = Collector(traces=None, metrics=f"{collector.url}/v1/metrics")
        sent = Exporting(where, recorder, gauges, version="1", owner="me")
        assert collector.arrived.wait(60)
        sent.close()
        yield collector


@pytest.fixture
def instruments(told: Told) -> Mapping[str, tuple[str, str]]:
    """Each metric as a collector gets it, with its kind and unit."""
    return told.instruments()


def series(name: str, kind: str, unit: str) -> set[str]:
    """What Prometheus calls it: the rules of OpenTelemetry's page on compatibility with it."""
    base = name.replace(".", "_")
    if kind == "gauge" and unit == "1":
        return {f"{base}_ratio"}
    suffix = _UNITS.get(unit, "")
    base += "" if base.endswith(suffix) else suffix
    if kind == "histogram":
        return {f"{base}_{part}" for part in ("bucket", "count", "sum")}
    return {f"{base}_total"} if kind == "sum" else {base}


def by(expression: str) -> set[str]:
    """The labels by which an alert adds up."""
    return {label for listed in re.findall(r"by \(([^)]*)\)", expression) for label in listed.split(", ")}


def asked(expression: str) -> Iterator[tuple[str, dict[str, set[str]]]]:
    """The series of an alert, with the values that it wants of each label."""
    for name, labels in _SERIES.findall(expression):
        if name not in by(expression):
            yield name, {label: {*values.split("|")} for label, _, values in _LABEL.findall(labels)}


def test_the_page_lists_what_is_sent_and_nothing_else(instruments: Mapping[str, Any]) -> None:
    assert set(ROWS) == {*COUNTED, *TIMED, *READ} == set(instruments)


def test_each_gauge_tells_what_it_is_called_by(told: Told) -> None:
    found = {name: [value for value, _ in points] for name, points in told.metrics().items() if name in READ}
    assert found == {OLDEST: [DAY.total_seconds()], OVERDUE: [3]}


@pytest.mark.parametrize("alert", rules())
def test_an_alert_asks_for_a_series_that_there_is_by_labels_that_it_has(
    instruments: Mapping[str, tuple[str, str]], alert: str
) -> None:
    by_series = {each: name for name, made in instruments.items() for each in series(name, *made)}
    wanted = [*asked(rules()[alert])]

    assert wanted
    for name, labels in wanted:
        row = ROWS[by_series[name]].replace(".", "_")
        for label, values in labels.items():
            assert f"`{label}`" in row
            if label.startswith("countersign_"):
                assert all(f"`{value}`" in row for value in values)


def test_every_metric_that_says_of_harm_has_an_alert(instruments: Mapping[str, tuple[str, str]]) -> None:
    named = {name for expression in rules().values() for name, _ in asked(expression)}
    assert [each for each, made in instruments.items() if not series(each, *made) & named] == []


def test_what_an_alert_adds_up_by_is_a_label_that_there_is() -> None:
    labels = set[str]().union(*map(by, rules().values()))
    assert {each for each in labels if f"`{each}`" not in PAGE.replace(".", "_")} == {"le"}
