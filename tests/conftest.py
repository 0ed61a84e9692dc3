"""With TEST_NO_SKIPS=1 a test that would be skipped fails, so that nothing goes missing in silence.

What only Google's `gcloud` command or its Pub/Sub emulator can do is left out where those are not installed, and
the summary says so.
"""

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

# How long an example takes says how busy the machine is, and only a change may make a run fail that went well.
settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# With --hypothesis-profile=further each run tries other examples.
settings.register_profile("further", settings.get_profile("same"), derandomize=False)
settings.load_profile("same")
# The same whatever stands in other modules: Hypothesis tries the constants of those that are loaded, so any
# edit and the tests that this process ran before would change the examples.
providers._get_local_constants = lambda: providers._local_constants

NO_SKIPS = os.environ.get("TEST_NO_SKIPS") == "1"
_BY_GCLOUD = ["sandbox/google/test_gcloud.py", "journeys/test_migrating.py"]
PUBSUB = Path("/usr/lib/google-cloud-sdk/platform/pubsub-emulator")
"""Where Google's package puts its emulator of Pub/Sub."""

_BY_PUBSUB = ["bot/test_topic_in_emulator.py"]
_LEFT_OUT = {
    **({} if shutil.which("gcloud") else dict.fromkeys(_BY_GCLOUD, "gcloud is not installed")),
    **({} if PUBSUB.exists() else dict.fromkeys(_BY_PUBSUB, "Google's Pub/Sub emulator is not installed")),
}
collect_ignore = list(_LEFT_OUT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones start first, so that nobody waits for one of them alone; the others' order stays."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for path, why in _LEFT_OUT.items():
        terminalreporter.write_line(f"left out, for {why}: {path}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if NO_SKIPS and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {_reason(report.longrepr)}"
    return report


def _reason(skipped: object) -> str:
    """Pytest keeps a skip as (path, line, reason)."""
    return str(skipped[2]) if isinstance(skipped, tuple) else str(skipped)
