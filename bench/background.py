"""Slash commands while twenty slow jobs run behind them, for which Slack and Google take two seconds a call."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from approvals.backends.stores.records import micros
from approvals.backends.stores.sqlite.files import connect
from bench import bodies
from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, running
from bench.stock import Stock

_JOBS = 20
_SLOW = 2.0
_ROUNDS = 6
_COMMANDS = 150


def measure(folder: Path) -> list[Figure]:
    """The median acknowledgement of a busy service against the same of one with nothing to do."""
    idle, busy = Stock(folder / "idle"), Stock(folder / "busy")
    busy.fill(_JOBS)
    log = folder / "background.log"
    with ExitStack() as held:
        outside = held.enter_context(
            running([PYTHON, "-m", "bench.outside", str(_SLOW), "0"], environ={}, log=log, core=LOAD_CORE)
        )
        one, other = (
            held.enter_context(
                running([COUNTERSIGN, "serve"], environ=stock.environ(outside=outside.port), log=log)
            )
            for stock in (idle, busy)
        )
        for child in (one, other):
            one_by_one(child.port, bodies.commands(50))
        alone, beside = [], []
        for _ in range(_ROUNDS):
            _due_now(busy)
            commands = bodies.commands(_COMMANDS)
            alone.append(one_by_one(one.port, commands, pause=0.002))
            beside.append(one_by_one(other.port, commands, pause=0.002))
    name = f"slash command while {_JOBS} slow background jobs run / idle"
    return [ratio(name, beside, alone, target=2.0, baseline="idle")]


def _due_now(stock: Stock) -> None:
    """Every request's messages are to be drawn again at once, as after a change of the policy."""
    connection = connect(stock.store_file)
    now = datetime.now(UTC) - timedelta(seconds=1)
    connection.execute("UPDATE subjects SET due = ?, body = x'' WHERE owner IS NULL", (micros(now),))
    connection.close()
