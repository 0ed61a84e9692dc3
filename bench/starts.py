"""From the start of the process to the first acknowledged slash command, and the memory that it then holds."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import bodies
from bench.figures import Figure, ratio
from bench.load import line
from bench.people import SECRET, TOKEN
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, SERVER_CORE, Child, running
from bench.stock import Stock

_ROUNDS = 9
_IDLE = 2.0


class Start(NamedTuple):
    """Seconds until the first acknowledgement, and bytes held when nothing more happens."""

    seconds: float
    resident: float


def measure(folder: Path) -> list[Figure]:
    """Cold start and resident memory, ours and bare Bolt's in turn."""
    log = folder / "starts.log"
    with running([PYTHON, "-m", "bench.outside", "0.05", "0"], environ={}, log=log, core=LOAD_CORE) as outside:
        stock = Stock(folder / "starts", entitlements=20)
        slack = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET}
        slack["SLACK_API_URL"] = f"http://127.0.0.1:{outside.port}/api/"
        bare: Callable[[], Start] = lambda: _start([PYTHON, "-m", "bench.baselines"], slack, log)  # noqa: E731
        ours: Callable[[], Start] = lambda: _start(  # noqa: E731
            [COUNTERSIGN, "serve"], stock.environ(outside=outside.port), log
        )
        for each in (bare, ours):
            each()
        rounds = [(bare(), ours()) for _ in range(_ROUNDS)]
    return [
        ratio(
            "process start to first acknowledged slash command / bare Bolt",
            [mine.seconds for _, mine in rounds],
            [other.seconds for other, _ in rounds],
            target=1.5,
            baseline="bare Bolt",
        ),
        ratio(
            "resident memory when idle / bare Bolt",
            [mine.resident for _, mine in rounds],
            [other.resident for other, _ in rounds],
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
