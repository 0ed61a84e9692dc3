"""Clicks while the one receiver of webhooks answers in drops, and a thousand messages wait for it."""

from contextlib import ExitStack
from pathlib import Path

from bench.applications import Shop
from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.processes import LOAD_CORE, PYTHON, free_port, running
from sandbox.app import Sandbox

WAITING = 1_000
_ROUNDS, _CLICKS = 6, 60


def measure(folder: Path) -> list[Figure]:
    """The median acknowledgement of a press in interleaved rounds, beside a service that tells nobody."""
    log, port = folder / "webhooks.log", free_port()
    with Sandbox.start() as box, ExitStack() as held:
        command = [PYTHON, "-m", "bench.outside", "0.05", "0"]
        outside = held.enter_context(running(command, environ={}, log=log, core=LOAD_CORE))
        drips = [PYTHON, "-m", "bench.drips"]
        held.enter_context(running(drips, environ={}, log=log, core=LOAD_CORE, port=port))
        idle = Shop(folder / "tells-nobody", box)
        busy = Shop(folder / "telling", box, webhook=f"http://127.0.0.1:{port}/hooks")
        for shop in (idle, busy):
            shop.stock.fill(_ROUNDS * _CLICKS)
        one = held.enter_context(idle.serving(outside=outside.port, log=log))
        other = held.enter_context(busy.serving(outside=outside.port, log=log))
        for number in range(WAITING):
            busy.app.ask("refund", on_behalf_of=busy.token, amount=40, idempotency_key=f"refund-{number}")
        alone, beside = [], []
        for _ in range(_ROUNDS):
            alone.append(one_by_one(one.port, idle.stock.presses(idle.stock.take(_CLICKS)), pause=0.01))
            beside.append(one_by_one(other.port, busy.stock.presses(busy.stock.take(_CLICKS)), pause=0.01))
    name = f"click while a receiver drips and {WAITING:,} messages wait / idle"
    return [ratio(name, beside, alone, target=1.2, baseline="idle")]
