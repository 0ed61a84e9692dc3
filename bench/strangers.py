"""A click beside a thousand connections that ask nothing, against the same click alone."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.clicks import servers
from bench.figures import Figure, ratio
from bench.load import one_by_one
from bench.stock import Stock

_STRANGERS = 1000
_ROUNDS = 5
_CLICKS = 250
_PAUSE = 0.004
_WARM = 64


def measure(folder: Path) -> list[Figure]:
    """The one figure. A round is over before the silent connections are broken off."""
    stock = Stock(folder / "strangers")
    stock.fill(2 * _ROUNDS * _CLICKS + _WARM)
    alone, beside = [], []
    with servers(folder, stock) as found:
        port = found.ours.port
        one_by_one(port, stock.presses(stock.take(_WARM)))
        for _ in range(_ROUNDS):
            chosen = stock.take(2 * _CLICKS)
            presses = stock.presses(chosen)
            alone.append(one_by_one(port, presses[:_CLICKS], pause=_PAUSE))
            with _silent(port):
                beside.append(one_by_one(port, presses[_CLICKS:], pause=_PAUSE))
            stock.require_approved(chosen)
    name = f"click beside {_STRANGERS} idle connections / alone"
    return [ratio(name, beside, alone, target=1.5, baseline="alone")]


@contextmanager
def _silent(port: int) -> Iterator[None]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as held:
        for _ in range(_STRANGERS):
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        yield
