"""CPU that answering costs the whole server process: ours against bare Bolt, which answers the same for nothing.

It says what the code costs on a busy machine, too: a wait for the processor is none of it.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import bodies
from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.people import SECRET, TOKEN
from bench.processes import LOAD_CORE, PYTHON, Child, running
from bench.stock import Stock

_ROUNDS = 25
_CLICKS = 80
_WARM = 200


def measure(folder: Path) -> list[Figure]:
    """A click and a slash command, in many short interleaved rounds."""
    stock = Stock(folder / "cpu")
    stock.fill(_WARM + _ROUNDS * _CLICKS)
    log = folder / "cpu.log"
    with ExitStack() as held:
        command = [PYTHON, "-m", "bench.outside", "0", "0"]
        outside = held.enter_context(running(command, environ={}, log=log, core=LOAD_CORE))
        slack = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET}
        slack["SLACK_API_URL"] = f"http://127.0.0.1:{outside.port}/api/"
        alone = running([PYTHON, "-m", "bench.alone"], environ=stock.environ(outside=outside.port), log=log)
        ours = held.enter_context(alone)
        bare = held.enter_context(running([PYTHON, "-m", "bench.baselines"], environ=slack, log=log))
        _warm(ours, bare, stock)
        return _rounds(ours, bare, stock)


def _warm(ours: Child, bare: Child, stock: Stock) -> None:
    presses = stock.presses(stock.take(_WARM))
    for child in (ours, bare):
        one_by_one(child.port, presses)
        one_by_one(child.port, bodies.commands(50))


def _rounds(ours: Child, bare: Child, stock: Stock) -> list[Figure]:
    clicks: dict[Child, list[float]] = {ours: [], bare: []}
    commands: dict[Child, list[float]] = {ours: [], bare: []}
    for _ in range(_ROUNDS):
        chosen = stock.take(_CLICKS)
        presses = stock.presses(chosen)
        for child in (bare, ours):
            clicks[child].append(_each(child, presses))
            commands[child].append(_each(child, bodies.commands(_CLICKS)))
        stock.require_approved(chosen)
    return [
        _ratio("click", clicks[ours], clicks[bare], target=2.2),
        # What 0.1.0 took.
        _ratio("slash command", commands[ours], commands[bare], target=1.45),
    ]


def _ratio(what: str, ours: Sequence[float], bare: Sequence[float], *, target: float) -> Figure:
    name = f"CPU of a {what} / of bare Bolt's empty answer to the same"
    return ratio(name, ours, bare, target=target, baseline="bare Bolt")


def _each(child: Child, requests: Sequence[bytes]) -> float:
    """Seconds of CPU that one of these requests costs the server, one after the other over one connection."""
    before = child.cpu()
    one_by_one(child.port, requests)
    return (child.cpu() - before) / len(requests)
