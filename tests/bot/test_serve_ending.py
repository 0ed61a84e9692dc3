"""`countersign serve` ends within ten seconds, whatever it waits for outside: Cloud Run kills what is slower."""

import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from bot.ending import LONGEST
from chaos.pages import Browsers
from sandbox.app import Sandbox
from sandbox.google.faults import Fault
from tests.bot.commands import environment, run
from tests.bot.test_serve import served
from tests.support.collectors import collecting

TEN = 10.0
"""Seconds that Cloud Run waits between the two signals (Cloud Run's container contract)."""

CROWD = 12


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as started:
        yield started
        started.google.faults.clear()


def environ(box: Sandbox, folder: Path) -> dict[str, str]:
    return environment(
        folder,
        SLACK_API_URL=box.slack_api_url,
        SLACK_BOT_TOKEN=box.bot_token,
        SLACK_SIGNING_SECRET=box.signing_secret,
        GOOGLE_API_BASE_URL=box.google_api_url,
        LONGEST="2",  # the rest of the ten is a busy machine's
    )


def ends(child: subprocess.Popen[str]) -> tuple[float, str]:
    """End it as Cloud Run does; the seconds that it took, and its log."""
    begun = time.monotonic()
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    return time.monotonic() - begun, err


def test_what_is_outside_is_given_up_while_there_is_time_to_say_so() -> None:
    assert LONGEST <= TEN - 2


@pytest.mark.parametrize(
    ("method", "fault"),
    [("projects.setIamPolicy", {"stall": True}), ("projects.getIamPolicy", {"drip": "body"})],
)
def test_a_google_that_holds_a_call_holds_up_no_end(
    box: Sandbox, tmp_path: Path, method: str, fault: dict[str, Any]
) -> None:
    env = environ(box, tmp_path)
    # What comes in drops is longer than anybody waits for.
    box.google.edit("projects/shop-prod", lambda policy: policy["bindings"].extend(_others()))
    box.google.faults.set(Fault(method=method, times=50, **fault))
    with served(env, tmp_path) as (child, url), ThreadPoolExecutor(CROWD) as crowd:
        box.bot_url = f"{url}/slack/events"
        assert box.slack.command("alice", "/jit request logs for 1h because INC-1").ok
        _arrives(box, method, **fault)
        # People go on typing until the end.
        for number in range(CROWD):
            crowd.submit(_types, box, number)
        seconds, err = ends(child)

    assert seconds < TEN
    assert child.returncode == 0, err
    assert "Traceback" not in err
    # A read may be given up before that: it has less time than an end has.
    assert "left to the next start" in err or "drip" in fault
    assert run("audit", "verify", env=env).exit_code == 0


def test_a_collector_that_takes_everything_and_never_answers_holds_up_no_end(box: Sandbox, tmp_path: Path) -> None:
    with collecting() as collector:
        collector.silent = True
        env = environ(box, tmp_path) | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=s3cr3t-s3cr3t",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_METRIC_EXPORT_INTERVAL": "100",
        }
        with served(env, tmp_path) as (child, url):
            box.bot_url = f"{url}/slack/events"
            assert box.slack.command("alice", "/jit request logs for 1h because INC-1").ok
            # A span needs something that happens once the libraries are there.
            while not collector.arrived.wait(0.5):
                assert box.slack.command("alice", "/jit mine").ok
            assert box.slack.command("bob", "/jit mine").ok
            seconds, err = ends(child)

    assert seconds < TEN
    assert child.returncode == 0, err
    assert "s3cr3t" not in err
    assert run("audit", "verify", env=env).exit_code == 0


def test_where_nobody_is_waited_for_it_ends_at_once_and_leaves_nothing(box: Sandbox, tmp_path: Path) -> None:
    # It would wait for far longer than a busy machine takes to end in order.
    env = environ(box, tmp_path) | {"LONGEST": "50"}
    with served(env, tmp_path) as (child, url), ThreadPoolExecutor(CROWD) as crowd:
        box.bot_url = f"{url}/slack/events"
        for number in range(CROWD):
            crowd.submit(_types, box, number)
        _, err = ends(child)

    assert (child.returncode, "left to the next start" in err) == (0, False)
    assert not (tmp_path / "countersign.db-wal").exists()


def test_the_pages_end_in_time_while_people_open_them(tmp_path: Path) -> None:
    with Sandbox.start(iap_port=0) as box:
        assert box.iap
        env = environ(box, tmp_path) | {
            "COUNTERSIGN_ROUTES": "pages",
            "COUNTERSIGN_PAGES_URL": box.iap.gate.url,
            "IAP_AUDIENCE": box.iap.gate.audience,
            "IAP_JWKS_URL": box.iap_jwks_url,
        }
        with served(env, tmp_path) as (child, url), ThreadPoolExecutor(CROWD) as crowd:
            box.iap.gate.upstream = url
            over = Event()
            seen = [Event() for _ in range(CROWD)]
            shown = [crowd.submit(_opens, box, each, over) for each in seen]
            assert all(each.wait(60) for each in seen)
            seconds, err = ends(child)
            over.set()

    assert seconds < TEN
    assert (child.returncode, "Traceback" in err) == (0, False), err
    assert [each.exception() for each in shown] == [None] * CROWD


def _opens(box: Sandbox, seen: Event, over: Event) -> None:
    """Open the first page again and again until it is over, and say when it was shown."""
    browsers = Browsers(box)
    while not over.is_set():
        if browsers.get("alice@example.com", "/").status == 200:
            seen.set()


def _arrives(box: Sandbox, method: str, *, stall: bool = False, drip: str = "") -> None:
    """Wait for the call that is held: only what has begun holds anything up."""
    if stall:
        box.google.faults.wait_for_stall()
    else:
        box.slack.wait(lambda: box.google.calls(method))


def _others() -> list[dict[str, Any]]:
    return [{"role": "roles/viewer", "members": [f"user:p{number}@example.com" for number in range(100)]}]


def _types(box: Sandbox, number: int) -> None:
    who = ("alice", "bob", "dan")[number % 3]
    box.slack.command(who, f"/jit request admin for 1h because INC-{number}")
