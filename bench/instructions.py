"""`python -m bench NAME… --instructions`: what a start or a click takes by instructions, whatever else runs here.

Valgrind's cachegrind counts every instruction of the process, in all its threads. Two counts of one program differ
by some thousandths, where its time differs by tenths. It is no time: a wait and a miss of a cache cost nothing.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from signal import SIGUSR1
from typing import NamedTuple

from approvals.requests import Request
from bench import bodies
from bench.complete import Complete
from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.people import SECRET, TOKEN
from bench.processes import LOAD_CORE, PYTHON, SERVER_CORE, Child, running
from bench.stock import Stock

MISSING = (
    "valgrind is not installed, whose cachegrind counts instructions: `apt-get install valgrind`, or leave out"
    " --instructions and measure time"
)
_PATIENCE = 300.0
"""Seconds until a server that is counted answers."""

_WARM = 40
_CLICKS = 100
"""Answers that make a process warm, and those that are counted."""

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
    complete = Complete(folder / "complete")
    count = partial(_count, folder=folder, asks=lambda: [bodies.command()])
    with _outside(folder, BENCH_KEYS=str(complete.published)) as outside:
        stock = Stock(folder / "starts", entitlements=20)
        bare = count(Server("bare", _slack(outside)))
        ours = count(Server("serve", stock.environ(outside=outside)))
        every = count(Server("serve", complete.environ(outside=outside)))
    return [_figure("start", ours, bare, target=1.5), _figure("start of everything", every, bare, target=1.5)]


def answers(folder: Path) -> list[Figure]:
    """A click and a slash command, without the start.

    Each server is counted twice, the second time with a hundred more of them. Raises `AssertionError` where ours
    has not approved in the store what it acknowledged.
    """
    stock = Stock(folder / "answers")
    stock.fill(2 * (3 * _WARM + _CLICKS))
    pressed: list[Request] = []

    def presses(count: int) -> Sequence[bytes]:
        chosen = stock.take(count)
        pressed.extend(chosen)
        return stock.presses(chosen)

    def warm() -> Sequence[bytes]:
        return [*presses(_WARM), *bodies.commands(_WARM)]

    def clicks() -> Sequence[bytes]:
        return [*warm(), *presses(_CLICKS)]

    def commands() -> Sequence[bytes]:
        return [*warm(), *bodies.commands(_CLICKS)]

    with _outside(folder) as outside:
        found = []
        for server in Server("alone", stock.environ(outside=outside)), Server("bare", _slack(outside)):
            begun, *then = (_count(server, folder=folder, asks=asks) for asks in (warm, clicks, commands))
            found.append([(each - begun) / _CLICKS for each in then])
            if server.name != "bare":
                stock.require_approved(pressed)
    (click, command), (bare_click, bare_command) = found
    return [
        _figure("click", click, bare_click, target=1.2),
        _figure("slash command", command, bare_command, target=1.0),
    ]


@contextmanager
def _outside(folder: Path, **environ: str) -> Iterator[int]:
    """The port of Slack's and Google's stand-in, which answers at once."""
    command, log = [PYTHON, "-m", "bench.outside", "0", "0"], folder / "instructions.log"
    with running(command, environ=environ, log=log, core=LOAD_CORE) as outside:
        yield outside.port


def _figure(what: str, ours: float, bare: float, *, target: float) -> Figure:
    name = f"instructions of a {what} / bare Bolt"
    return ratio(name, [ours], [bare], target=target, baseline="bare Bolt", unit="M", scale=1e-6)


def _slack(outside: int) -> Mapping[str, str]:
    where = f"http://127.0.0.1:{outside}/api/"
    return {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": where}


def _count(server: Server, *, folder: Path, asks: Callable[[], Sequence[bytes]]) -> int:
    """Instructions of a server from its start until all that is asked of it then is answered."""
    out = folder / "cachegrind.out"
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={out}"]
    command = [*tool, PYTHON, "-m", "bench.counted", server.name]
    out.unlink(missing_ok=True)
    environ, log = {**server.environ, "PYTHONHASHSEED": "0"}, folder / "instructions.log"
    child = Child(command, environ=environ, core=SERVER_CORE, log=log)
    try:
        child.answering(within=_PATIENCE)
        one_by_one(child.port, asks())
        child.obey(SIGUSR1)
    finally:
        child.end()
    return read(out.read_text())


def read(counts: str) -> int:
    """All instructions by a file of cachegrind's. Raises `ValueError` where it has no sum of them."""
    if not (found := _SUMMARY.search(counts)):
        raise ValueError("the counts have no summary: the process did not end as it was told")
    return int(found[1])
