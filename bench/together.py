"""Grants of many people at once: policy writes that Google counts, and how long the last of them takes."""

import json
import sqlite3
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

from bench.figures import Figure
from bench.load import at_once
from bench.people import past
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, Child, running
from bench.stock import Stock, write

GOOGLE = 0.15
"""Seconds that Google takes for an answer."""

BURST = 200
GRANTS, PROJECTS = 5_000, 50
_CONNECTIONS = 32
_MOST = 12
_LONGEST = 90.0


def measure(folder: Path) -> list[Figure]:
    """A burst on one project, and many grants over many projects."""
    burst, many = _run(folder, BURST, projects=1), _run(folder, GRANTS, projects=PROJECTS)
    spent = f"{many.cpu / GRANTS * 1000:.1f} ms of CPU a grant, its click and cards included"
    return [
        _figure(
            f"{BURST} grants at once on one project: policy writes", burst.writes, _MOST, "Google's own count"
        ),
        _figure(f"{BURST} grants at once on one project: seconds to the last", burst.seconds, 6, "Google: 150 ms"),
        _figure(
            f"{GRANTS:,} grants over {PROJECTS} projects: writes a project and minute",
            many.writes / PROJECTS / max(1.0, many.seconds / 60),
            _MOST,
            f"{many.seconds:.0f} s in all; {spent}",
        ),
    ]


class _Measured:
    def __init__(self, *, writes: int, seconds: float, cpu: float) -> None:
        self.writes, self.seconds, self.cpu = writes, seconds, cpu


def _run(folder: Path, count: int, *, projects: int) -> _Measured:
    """Press on so many requests of as many people, and wait until all of their access is active."""
    stock = Stock(folder / f"together-{projects}", entitlements=projects)
    now = datetime.now(UTC)
    changes = [stock.asked(past(number), f"admin-{number % projects}", now=now) for number in range(count)]
    write(stock.store_file, changes, generation=stock.tokens.generation)
    log = folder / "together.log"
    with ExitStack() as held:
        command = [PYTHON, "-m", "bench.outside", str(GOOGLE), "0"]
        outside = held.enter_context(running(command, environ={}, log=log, core=LOAD_CORE))
        environ = stock.environ(outside=outside.port)
        served = held.enter_context(running([COUNTERSIGN, "serve"], environ=environ, log=log))
        presses = stock.presses([change.request for change in changes])
        cpu, begun = served.cpu(), time.monotonic()
        at_once(served.port, presses, connections=_CONNECTIONS)
        _wait(stock.store_file, count, served)
        seconds = time.monotonic() - begun
        return _Measured(writes=_writes(outside.port), seconds=seconds, cpu=served.cpu() - cpu)


def _wait(store: Path, count: int, served: Child) -> None:
    """Until so many grants are recorded active. Raises `AssertionError` when that takes too long."""
    end = time.monotonic() + _LONGEST
    connection = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)
    try:
        query = 'SELECT count(*) FROM requests WHERE instr(CAST(body AS TEXT), \'"state":"active"\')'
        while (done := connection.execute(query).fetchone()[0]) < count:
            served.living()
            if time.monotonic() > end:
                raise AssertionError(f"only {done} of {count} grants are active")
            time.sleep(0.05 if count < GRANTS else 0.5)
    finally:
        connection.close()


def _writes(port: int) -> int:
    with urlopen(f"http://127.0.0.1:{port}/counts", timeout=5) as answer:
        return int(json.load(answer).get("setIamPolicy", 0))


def _figure(name: str, value: float, target: float, baseline: str) -> Figure:
    return Figure(name=name, value=round(value, 3), target=target, better="lower", baseline=baseline)
