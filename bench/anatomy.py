"""`python -m bench.anatomy`: where the CPU of a click goes, by thread and by step, in tenths of the whole.

Steps are wrapped for this run alone; their own time is what is left of it after the steps inside.
"""

import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from approvals import tokens, transitions
from approvals.backends.stores.sqlite import store, writer
from approvals.judging import case, cases
from approvals.uses import deciding
from bench.figures import OUTPUT
from bench.load import one_by_one
from bench.processes import LOAD_CORE, PYTHON, free_port, running
from bench.stock import Stock
from bot.admission import Admission, room
from bot.compose import Service
from bot.protocol import BoundedHttp
from bot.server import application
from bot.settings import read
from handlers.slack import actions, authentication, front, listeners

_CLICKS = 400
_STEPS: dict[str, tuple[tuple[Any, str], ...]] = {
    "front: size, time, signature": ((front, "_headers"),),
    "body: form and JSON": ((front, "parse"),),
    "the listener, and Bolt's acknowledgement": ((listeners.Listeners, "answer"),),
    "payload and identity": ((actions, "read"), (authentication.Authentication, "identify")),
    "activation token: signature and claims": ((tokens.Tokens, "open"),),
    "read the request": ((store.SqliteStore, "request"),),
    "policy and evidence: offer, tallies, turn": (
        (cases.Cases, "of"),
        (case.Case, "offer"),
        (case.Case, "met"),
        (case.Case, "after"),
        (case.Case, "require_turn"),
    ),
    "transitions and their audit entries": ((transitions, "record"), (transitions, "approve")),
    "encode the change": ((store, "prepare"),),
    "hand over and wait for the commit": ((writer.Writer, "run"),),
    "use, the rest": ((deciding.Deciding, "review"),),
    "commit: transaction and sync": ((writer.Writer, "_commit"),),
}

_own: dict[str, int] = defaultdict(int)
_inside = threading.local()


def main() -> None:
    """Press, and print the shares."""
    folder = OUTPUT.parent / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    stock = Stock(folder / "anatomy")
    stock.fill(2 * _CLICKS)
    for step, places in _STEPS.items():
        for owner, name in places:
            setattr(owner, name, _timed(step, getattr(owner, name)))
    outside_command = [PYTHON, "-m", "bench.outside", "0", "0"]
    with running(outside_command, environ={}, log=folder / "anatomy.log", core=LOAD_CORE) as outside:
        port = _served(Service(read(dict(stock.environ(outside=outside.port)))))
        chosen = stock.take(_CLICKS)
        one_by_one(port, stock.presses(stock.take(50)))
        before = _threads()
        _own.clear()
        one_by_one(port, stock.presses(chosen))
        spent = {name: after - before.get(name, 0) for name, after in _threads().items()}
        stock.require_approved(chosen)
    _print(spent)
    sys.stdout.flush()
    os._exit(0)  # the service never started its background work, so there is nothing to end in order


def _served(service: Service) -> int:
    """Serve in a thread without the lifespan: reconcile does not run, so that a click is all there is."""
    port = free_port()
    admission = Admission(most=room(), seldom=service.seldom)
    config = uvicorn.Config(
        application(service),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http=partial(BoundedHttp, admission=admission),  # type: ignore[arg-type]  # what it is called with fits
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, name="event loop", daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return port


def _timed(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        started, outer = time.thread_time_ns(), getattr(_inside, "spent", 0)
        _inside.spent = 0
        try:
            return function(*args, **kwargs)
        finally:
            whole = time.thread_time_ns() - started
            _own[step] += whole - _inside.spent
            _inside.spent = outer + whole

    return timed


def _threads() -> dict[str, float]:
    """CPU nanoseconds of each kind of thread (proc(5), schedstat)."""
    found: dict[str, float] = defaultdict(float)
    for thread in threading.enumerate():
        if thread is threading.main_thread():
            continue
        spent = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text().split()[0]
        found[_kind(thread.name)] += float(spent)
    return found


def _kind(name: str) -> str:
    if name.startswith("ThreadPoolExecutor"):
        return "listener's thread"
    return {"event loop": "event loop's thread", "store-writer": "writer's thread"}.get(name, name)


def _print(spent: dict[str, float]) -> None:
    whole = sum(spent.values())
    print(f"CPU of a click: {whole / _CLICKS / 1e6:.2f} ms")
    for name, nanoseconds in sorted(spent.items(), key=lambda each: -each[1]):
        if nanoseconds / whole >= 0.005:
            print(f"  {name:<44} {nanoseconds / whole:6.1%}")
    print("by step:")
    rest = whole - sum(_own.values())
    steps = {**_own, "server, threads and everything unnamed": rest}
    for name, value in sorted(steps.items(), key=lambda each: -each[1]):
        print(f"  {name:<44} {value / whole:6.1%}")


if __name__ == "__main__":
    main()
