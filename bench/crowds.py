"""A click while strangers hold a thousand connections that say nothing, and while one member types without end.

`python -m bench.crowds PORT` is that member: a hundred commands a second, whether or not they are answered.
"""

import asyncio
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from bench import bodies
from bench.figures import Figure, ratio
from bench.load import complete, one_by_one
from bench.people import TYPIST
from bench.processes import COUNTERSIGN, LOAD_CORE, PYTHON, Child, running
from bench.stock import Stock

IDLE = 1000
"""Connections that say nothing."""

RATE = 100
"""Commands of one member in a second: Slack relays what somebody types, and what a script types for them.

It is the list of what waits, asked for by somebody who may approve all of it: no command costs more.
"""

TARGET = 1.5
_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_ROUNDS = 6
_CLICKS = 60
_PAUSE = 0.004


def measure(folder: Path) -> list[Figure]:
    """The median of a click beside each crowd against the same service's without it, in interleaved rounds."""
    stock = Stock(folder / "crowds")
    stock.fill((4 * _ROUNDS + 1) * _CLICKS)
    log = folder / "crowds.log"
    with ExitStack() as held:
        command = [PYTHON, "-m", "bench.outside", "0.15", "0"]
        outside = held.enter_context(running(command, environ={}, log=log, core=LOAD_CORE))
        environ = stock.environ(outside=outside.port)
        service = held.enter_context(running([COUNTERSIGN, "serve"], environ=environ, log=log))
        _clicks(service, stock)
        strangers = _beside(service, stock, _connections)
        member = _beside(service, stock, lambda port: _member(port, log))
    return [
        ratio(f"click beside {IDLE:,} idle connections / idle", *strangers, target=TARGET, baseline="idle"),
        ratio("click beside one flooding member / idle", *member, target=TARGET, baseline="idle"),
    ]


def _beside(
    service: Child, stock: Stock, crowd: Callable[[int], AbstractContextManager[None]]
) -> tuple[list[float], list[float]]:
    beside, alone = [], []
    for _ in range(_ROUNDS):
        alone.append(_clicks(service, stock))
        with crowd(service.port):
            beside.append(_clicks(service, stock))
    return beside, alone


def _clicks(service: Child, stock: Stock) -> float:
    chosen = stock.take(_CLICKS)
    taken = one_by_one(service.port, stock.presses(chosen), pause=_PAUSE)
    stock.require_approved(chosen)
    return taken


@contextmanager
def _connections(port: int) -> Iterator[None]:
    """Strangers. Those whom the service sends away stay away: that is its business."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = []
    for _ in range(IDLE):
        with suppress(OSError):
            held.append(socket.create_connection(("127.0.0.1", port), timeout=5))
    try:
        yield
    finally:
        for each in held:
            each.close()


@contextmanager
def _member(port: int, log: Path) -> Iterator[None]:
    """A child, so that the load does not share its interpreter with whoever measures."""
    child = Child([PYTHON, "-m", "bench.crowds", str(port)], environ={}, core=LOAD_CORE, log=log)
    try:
        time.sleep(1.0)
        child.living()
        yield
        child.living()
    finally:
        child.end()


async def _type(port: int) -> None:
    """Slack waits for no answer before it relays the next command: one that waits holds a connection."""
    loop, free = asyncio.get_running_loop(), list[_Line]()
    typed = set[asyncio.Task[None]]()
    due = loop.time()
    while True:
        one = loop.create_task(_send(port, free))
        typed.add(one)
        one.add_done_callback(typed.discard)
        due = max(due + 1 / RATE, loop.time() - 1)
        await asyncio.sleep(due - loop.time())


async def _send(port: int, free: list[_Line]) -> None:
    with suppress(OSError):
        reader, writer = free.pop() if free else await asyncio.open_connection("127.0.0.1", port)
        writer.write(bodies.command("pending", account=TYPIST))
        answer = b""
        while not complete(answer):
            part = await reader.read(65536)
            if not part:
                return
            answer += part
        free.append((reader, writer))


if __name__ == "__main__":
    asyncio.run(_type(int(sys.argv[1])))
