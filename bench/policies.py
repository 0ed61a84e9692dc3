"""A policy of 2,000 entitlements against one of 20: the type-ahead, and a click."""

from contextlib import ExitStack
from pathlib import Path

from bench import bodies
from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.people import SECRET, TOKEN
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, running
from bench.stock import Stock

MANY = 2000
FEW = 20
_ROUNDS = 5
_CLICKS = 60
_LOOKS = 40


def measure(folder: Path) -> list[Figure]:
    """Both over the whole stack, in interleaved rounds."""
    stocks = {size: Stock(folder / f"policy-{size}", entitlements=size) for size in (FEW, MANY)}
    log = folder / "policies.log"
    with ExitStack() as held:
        outside = held.enter_context(
            running([PYTHON, "-m", "bench.outside", "0.15", "0"], environ={}, log=log, core=LOAD_CORE)
        )
        ports = {}
        for size, stock in stocks.items():
            stock.fill((_ROUNDS + 1) * _CLICKS)
            served = running([COUNTERSIGN, "serve"], environ=stock.environ(outside=outside.port), log=log)
            ports[size] = held.enter_context(served).port
        slack = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET}
        slack["SLACK_API_URL"] = f"http://127.0.0.1:{outside.port}/api/"
        bare = held.enter_context(running([PYTHON, "-m", "bench.baselines"], environ=slack, log=log)).port
        clicks: dict[int, list[float]] = {FEW: [], MANY: []}
        looks: dict[int, list[float]] = {FEW: [], MANY: []}
        empty: list[float] = []
        for _ in range(_ROUNDS + 1):
            for size, stock in stocks.items():
                chosen = stock.take(_CLICKS)
                clicks[size].append(one_by_one(ports[size], stock.presses(chosen), pause=0.01))
                stock.require_approved(chosen)
                looks[size].append(one_by_one(ports[size], [bodies.type_ahead("compute 7")] * _LOOKS))
            empty.append(one_by_one(bare, [bodies.command()] * _LOOKS))
    return [
        ratio(
            f"click under a policy of {MANY:,} entitlements / of {FEW}",
            clicks[MANY][1:],
            clicks[FEW][1:],
            target=1.3,
            baseline=f"{FEW} entitlements",
        ),
        ratio(
            f"type-ahead over {MANY:,} entitlements / bare Bolt's empty acknowledgement",
            looks[MANY][1:],
            empty[1:],
            target=20.0,
            baseline="bare Bolt",
        ),
    ]
