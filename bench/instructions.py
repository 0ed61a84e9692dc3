"""`python -m bench NAME… --instructions`: what a start takes by instructions, whatever else the machine does.

Valgrind's cachegrind counts every instruction of the process, in all its threads. Two counts of one program differ
by some thousandths, where its time differs by tenths. It is no time: a wait and a miss of a cache cost nothing.
"""

import re
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from signal import SIGUSR1
from typing import NamedTuple

from bench import bodies
from bench.complete import Complete
from bench.figures import Figure, ratio
from bench.load import line
from bench.people import SECRET, TOKEN
from bench.processes import LOAD_CORE, PYTHON, SERVER_CORE, Child, running
from bench.stock import Stock

MISSING = (
    "valgrind is not installed, whose cachegrind counts instructions: `apt-get install valgrind`, or leave out"
    " --instructions and measure time"
)
_PATIENCE = 300.0
"""Seconds until a server that is counted answers."""

_SUMMARY = re.compile(r"^summary: (\d+)", re.MULTILINE)


class Server(NamedTuple):
    """What `bench.counted` runs, and its settings."""

    name: str
    environ: Mapping[str, str]


def missing() -> str:
    """What to do where instructions cannot be counted, in a sentence; nothing where they can."""
    return "" if shutil.which("valgrind") else MISSING


def starts(folder: Path) -> list[Figure]:
    """From the start of the process to the first acknowledged slash command: as `bench starts` has it by time."""
    log = folder / "instructions.log"
    complete = Complete(folder / "complete")
    with ExitStack() as held:
        keys = {"BENCH_KEYS": str(complete.published)}
        command = [PYTHON, "-m", "bench.outside", "0", "0"]
        outside = held.enter_context(running(command, environ=keys, log=log, core=LOAD_CORE)).port
        count = partial(_first, folder=folder, log=log)
        stock = Stock(folder / "starts", entitlements=20)
        bare = count(Server("bare", _slack(outside)))
        ours = count(Server("serve", stock.environ(outside=outside)))
        every = count(Server("serve", complete.environ(outside=outside)))
    return [_figure("start", ours, bare, target=1.5), _figure("start of everything", every, bare, target=1.5)]


def _figure(what: str, ours: int, bare: int, *, target: float) -> Figure:
    name = f"instructions of a {what} / bare Bolt"
    return ratio(name, [ours], [bare], target=target, baseline="bare Bolt", unit="M", scale=1e-6)


def _slack(outside: int) -> Mapping[str, str]:
    where = f"http://127.0.0.1:{outside}/api/"
    return {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": where}


def _first(server: Server, *, folder: Path, log: Path) -> int:
    """Instructions until the first command is acknowledged."""
    out = folder / "cachegrind.out"
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={out}"]
    command = [*tool, PYTHON, "-m", "bench.counted", server.name]
    out.unlink(missing_ok=True)
    child = Child(command, environ={**server.environ, "PYTHONHASHSEED": "0"}, core=SERVER_CORE, log=log)
    try:
        child.answering(within=_PATIENCE)
        with line(child.port) as one:
            one.ask(bodies.command())
        child.obey(SIGUSR1)
    finally:
        child.end()
    return read(out.read_text())


def read(counts: str) -> int:
    """All instructions by a file of cachegrind's. Raises `ValueError` where it has no sum of them."""
    if not (found := _SUMMARY.search(counts)):
        raise ValueError("the counts have no summary: the process did not end as it was told")
    return int(found[1])
