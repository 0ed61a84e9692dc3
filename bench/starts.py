"""From the start of the process to the first acknowledged slash command, and the memory that it then holds.

Of two services: one that Slack and the policy file alone know of, and one that has everything configured.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import bodies
from bench.complete import Complete
from bench.figures import Figure, ratio
from bench.load import line
from bench.people import SECRET, TOKEN
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, SERVER_CORE, Child, running
from bench.stock import Stock

_ROUNDS = 9
_IDLE = 4.0
"""Seconds after which memory is looked at. What waits two seconds for the first answer is loaded by then."""


class Start(NamedTuple):
    """Seconds until the first acknowledgement, and bytes held when nothing more happens."""

    seconds: float
    resident: float


def measure(folder: Path) -> list[Figure]:
    """Cold start and resident memory, ours and bare Bolt's in turn."""
    log, complete = folder / "starts.log", Complete(folder / "complete")
    command, keys = [PYTHON, "-m", "bench.outside", "0.05", "0"], {"BENCH_KEYS": str(complete.published)}
    with running(command, environ=keys, log=log, core=LOAD_CORE) as outside:
        stock = Stock(folder / "starts", entitlements=20)
        slack = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET}
        slack["SLACK_API_URL"] = f"http://127.0.0.1:{outside.port}/api/"
        bare: Callable[[], Start] = lambda: _start([PYTHON, "-m", "bench.baselines"], slack, log)  # noqa: E731
        ours: Callable[[], Start] = lambda: _start(  # noqa: E731
            [COUNTERSIGN, "serve"], stock.environ(outside=outside.port), log
        )
        every: Callable[[], Start] = lambda: _start(  # noqa: E731
            [COUNTERSIGN, "serve"], complete.environ(outside=outside.port), log
        )
        for each in (bare, ours, every):
            each()
        rounds = [(bare(), ours(), every()) for _ in range(_ROUNDS)]
    empty, mine, all_of_it = zip(*rounds, strict=True)
    return [*_figures("", mine, empty), *_figures(", with everything configured", all_of_it, empty)]


def _figures(how: str, ours: Sequence[Start], bare: Sequence[Start]) -> list[Figure]:
    return [
        ratio(
            f"process start to first acknowledged slash command{how} / bare Bolt",
            [each.seconds for each in ours],
            [each.seconds for each in bare],
            target=1.5,
            baseline="bare Bolt",
        ),
        ratio(
            f"resident memory when idle{how} / bare Bolt",
            [each.resident for each in ours],
            [each.resident for each in bare],
            target=1.6,
            baseline="bare Bolt",
            unit="MB",
            scale=1e-6,
        ),
    ]


def _start(command: Sequence[str], environ: Mapping[str, str], log: Path) -> Start:
    child = Child(command, environ=environ, core=SERVER_CORE, log=log)
    try:
        child.answering()
        with line(child.port) as one:
            one.ask(bodies.command())
        seconds = time.perf_counter() - child.begun
        time.sleep(_IDLE)
        return Start(seconds, child.resident())
    finally:
        child.end()
