"""A click: Approve is pressed, checked, committed and acknowledged; against a Bolt app that does nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import bodies
from bench.figures import Figure, ratio
from bench.load import at_once, one_by_one
from bench.people import SECRET, TOKEN
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, Child, running
from bench.stock import Stock

ANSWERS = 0.15
"""Seconds in which Slack's and Google's stand-ins answer a write; the real ones take as long or longer."""

SLACK_WAITS = 3.0
_ROUNDS = 5
_SINGLE = 250
_PAUSE = 0.004
_MANY = 1500
_CONNECTIONS = 32
_BURST = 256


class Servers(NamedTuple):
    ours: Child
    bare: Child


@contextmanager
def servers(folder: Path, stock: Stock) -> Iterator[Servers]:
    """Both on the server's core; the one that is not asked does nothing."""
    with ExitStack() as held:
        outside_command = [PYTHON, "-m", "bench.outside", str(ANSWERS), "0"]
        log = folder / "servers.log"
        outside = held.enter_context(running(outside_command, environ={}, log=log, core=LOAD_CORE))
        slack = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET}
        slack["SLACK_API_URL"] = f"http://127.0.0.1:{outside.port}/api/"
        ours = running([COUNTERSIGN, "serve"], environ=stock.environ(outside=outside.port), log=log)
        bare = running([PYTHON, "-m", "bench.baselines"], environ=slack, log=log)
        yield Servers(held.enter_context(ours), held.enter_context(bare))


def measure(folder: Path) -> list[Figure]:
    """All figures of a click and of a command over one connection."""
    figures = []
    for part in (_alone, _together, _burst):
        stock = Stock(folder / part.__name__)
        stock.fill(
            {_alone: _ROUNDS * _SINGLE, _together: _ROUNDS * _MANY, _burst: _ROUNDS * _BURST}[part] + 2 * 64
        )
        with servers(folder, stock) as found:
            _warm(found, stock)
            figures += part(found, stock)
    return figures


def _warm(found: Servers, stock: Stock) -> None:
    """A first round of everything, which nobody counts: modules load, accounts are looked up, threads start."""
    presses = stock.presses(stock.take(64))
    one_by_one(found.ours.port, presses)
    one_by_one(found.bare.port, presses)
    for child in found:
        one_by_one(child.port, bodies.commands(10))
    at_once(found.ours.port, stock.presses(stock.take(64)), connections=32)
    at_once(found.bare.port, presses, connections=32)


def _alone(found: Servers, stock: Stock) -> list[Figure]:
    taken: dict[str, list[float]] = {"bare": [], "ours": [], "bare command": [], "command": []}
    for _ in range(_ROUNDS):
        chosen = stock.take(_SINGLE)
        presses = stock.presses(chosen)
        commands = bodies.commands(_SINGLE)
        taken["bare"].append(one_by_one(found.bare.port, presses, pause=_PAUSE))
        taken["ours"].append(one_by_one(found.ours.port, presses, pause=_PAUSE))
        taken["bare command"].append(one_by_one(found.bare.port, commands, pause=_PAUSE))
        taken["command"].append(one_by_one(found.ours.port, commands, pause=_PAUSE))
        stock.require_approved(chosen)
    return [
        ratio(
            "click, one connection / bare Bolt doing nothing",
            taken["ours"],
            taken["bare"],
            target=2.2,
            baseline="bare Bolt",
        ),
        ratio(
            "slash command acknowledged / bare Bolt",
            taken["command"],
            taken["bare command"],
            target=1.5,
            baseline="bare Bolt",
        ),
    ]


def _together(found: Servers, stock: Stock) -> list[Figure]:
    ours, bare = [], []
    for _ in range(_ROUNDS):
        chosen = stock.take(_MANY)
        presses = stock.presses(chosen)
        bare.append(_MANY / at_once(found.bare.port, presses, connections=_CONNECTIONS)[0])
        ours.append(_MANY / at_once(found.ours.port, presses, connections=_CONNECTIONS)[0])
        stock.require_approved(chosen)
    name = f"clicks a second, {_CONNECTIONS} connections / bare Bolt doing nothing"
    return [ratio(name, ours, bare, target=0.5, better="higher", baseline="bare Bolt", unit="/s", scale=1.0)]


def _burst(found: Servers, stock: Stock) -> list[Figure]:
    spreads, slowest = [], []
    for _ in range(_ROUNDS):
        chosen = stock.take(_BURST)
        presses = stock.presses(chosen)
        each = sorted(at_once(found.ours.port, presses, connections=_BURST)[1])
        stock.require_approved(chosen)
        spreads.append(each[int(len(each) * 0.99)] / median(each))
        slowest += each
    worst = sorted(slowest)[int(len(slowest) * 0.999)]
    own = f"its own median, {median(slowest) * 1000:.0f} ms"
    return [
        Figure(
            name=f"burst of {_BURST} clicks: 99th percentile / median",
            value=round(median(spreads), 4),
            target=3.0,
            better="lower",
            baseline=own,
        ),
        Figure(
            name=f"burst of {_BURST} clicks: 99.9th percentile, seconds",
            value=round(worst, 4),
            target=SLACK_WAITS,
            better="lower",
            baseline="the time that Slack waits",
        ),
    ]
