"""Clicks while one member sends commands without end, over more connections than may be worked on at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import bodies
from bench.clicks import servers
from bench.figures import Figure, ratio
from bench.load import line, one_by_one
from bench.stock import Stock

_ROUNDS = 6
_CLICKS = 100
_PAUSE = 0.004
_CONNECTIONS = 8
_BREATH = 0.1
"""Seconds between an answer and the next command on the same connection: some 75 commands a second in all."""


def measure(folder: Path) -> list[Figure]:
    """The median acknowledgement of approvers' clicks beside the flood, against the same without it."""
    stock = Stock(folder / "flood")
    stock.fill((2 * _ROUNDS + 1) * _CLICKS)
    with servers(folder, stock) as found:
        port = found.ours.port
        one_by_one(port, stock.presses(stock.take(_CLICKS)), pause=_PAUSE)
        alone, beside = [], []
        for _ in range(_ROUNDS):
            alone.append(one_by_one(port, stock.presses(stock.take(_CLICKS)), pause=_PAUSE))
            presses = stock.presses(stock.take(_CLICKS))
            with _flood(port):
                beside.append(one_by_one(port, presses, pause=_PAUSE))
    return [ratio("click beside one flooding member / idle", beside, alone, target=1.5, baseline="idle")]


@contextmanager
def _flood(port: int) -> Iterator[None]:
    over = threading.Event()

    def send() -> None:
        with line(port) as one:
            while not over.wait(_BREATH):
                one.ask(bodies.command("mine"))

    senders = [threading.Thread(target=send, daemon=True) for _ in range(_CONNECTIONS)]
    for sender in senders:
        sender.start()
    try:
        yield
    finally:
        over.set()
        for sender in senders:
            sender.join()
