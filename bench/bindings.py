"""One project policy with 1,400 conditional bindings of others: what a grant and a removal cost in calls."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

from approvals.backends.granters.google_iam import GoogleIam
from approvals.policy.evaluate import Ask
from approvals.reconcile.runner import Reconciler
from approvals.reconciling import binding_worker
from approvals.uses.votes import Press
from bench.desk import Desk
from bench.figures import Figure
from bench.people import APPROVER, asker
from bench.processes import LOAD_CORE, PYTHON, running
from bench.stock import WHY, Stock

BINDINGS = 1400


def measure(folder: Path) -> list[Figure]:
    """Calls of one grant and of one removal, counted by the other side."""
    stock = Stock(folder / "bindings")
    command = [PYTHON, "-m", "bench.outside", "0", str(BINDINGS)]
    with running(command, environ={}, log=folder / "bindings.log", core=LOAD_CORE) as google, Desk(stock) as desk:
        reconciler = _reconciler(desk, google.port)
        person, now = desk.identity(asker(0)), datetime.now(UTC)
        ask = Ask(entitlement="admin-0", duration=timedelta(hours=1), justification=WHY)
        request = desk.uses.asking.file(person, ask, key="bindings", now=now)
        token = stock.tokens.mint(request, act="review", now=now)
        desk.uses.deciding.review(desk.identity(APPROVER), Press(token=token, verdict="approve"), now=now)
        granted = _counted(reconciler, google.port)
        _require(desk, request.id, "active")
        desk.uses.ending.end(person, request.id, now=datetime.now(UTC))
        removed = _counted(reconciler, google.port)
        _require(desk, request.id, "ended")
    return [
        figure
        for what, calls in (("grant", granted), ("removal", removed))
        for figure in (
            _count(f"{what} in a policy of {BINDINGS:,} bindings: writes", calls.writes),
            _count(f"{what} in a policy of {BINDINGS:,} bindings: reads", calls.reads),
        )
    ]


class Calls(NamedTuple):
    reads: int
    writes: int


def _counted(reconciler: Reconciler, port: int) -> Calls:
    """Work on the binding that is due, and count what that took."""
    before = _calls(port)
    for subject in reconciler.due():
        if subject.startswith("binding:"):
            reconciler.subject(subject)
    after = _calls(port)
    return Calls(reads=after.reads - before.reads, writes=after.writes - before.writes)


def _calls(port: int) -> Calls:
    with urlopen(f"http://127.0.0.1:{port}/counts", timeout=5) as answer:
        counts = json.load(answer)
    return Calls(reads=counts.get("getIamPolicy", 0), writes=counts.get("setIamPolicy", 0))


def _reconciler(desk: Desk, port: int) -> Reconciler:
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731
    granter = GoogleIam(base_url=f"http://127.0.0.1:{port}")
    worker = binding_worker(desk.core, granter=granter, clock=clock, pause=time.sleep)
    return Reconciler(store=desk.store, workers={"binding": worker}, clock=clock, owner="bench")


def _require(desk: Desk, request_id: str, state: str) -> None:
    grant = desk.store.request(request_id).grant
    if grant is None or grant.state != state:
        raise AssertionError(f"{request_id} is not {state}: {grant}")


def _count(name: str, value: int) -> Figure:
    return Figure(name=name, value=value, target=1, better="lower", baseline="calls that Google counted")
