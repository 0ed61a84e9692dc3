"""A process of 0.1.0 that still runs on a store that this release has taken over."""

import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from approvals.backends.stores.firestore import documents, work
from approvals.backends.stores.firestore.database import Database
from tests.contracts.stores.sharing import EVE, Old, Opening, Watched, clock, goes_on, old, opened, wire
from tests.support.builders import RESOURCE
from tests.support.doubles import Clock
from tests.support.firsts import CODE
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN

__all__ = ["clock", "old", "opened", "wire"]
ON_DATABASES = pytest.mark.parametrize("old", ["firestore"], indirect=True)


BESIDE = """
import sys
from datetime import datetime, timedelta
sys.path.insert(0, sys.argv[1])
import approvals
assert approvals.__file__.startswith(sys.argv[1]), approvals.__file__
kind, now, resource, people = sys.argv[2], datetime.fromisoformat(sys.argv[3]), sys.argv[4], sys.argv[5].split(",")
if kind == "sqlite":
    from pathlib import Path
    from approvals.backends.stores.sqlite import open_sqlite
    store = open_sqlite(Path(sys.argv[6]), now=now)
else:
    from approvals.backends.stores.firestore import open_firestore
    store = open_firestore(sys.argv[6], "(default)", now=now, emulator_host=sys.argv[7])
from approvals.reconcile.iam import BindingWorker
from approvals.reconcile.runner import Reconciler

class Google:
    def read(self, *given, **more):
        print("READ", flush=True)
        input()
        raise SystemExit("it should never come so far")

installation = store.installation()
subject = f"binding:{resource}|{people[0]}"
held = store.lease(subject, owner="old", now=now, until=now + timedelta(seconds=30))
assert held is not None
print("RUNNING", flush=True)
input()
worker = BindingWorker(store=store, granter=Google(), installation=lambda: installation,
    clock=lambda: now, pause=lambda seconds: None)
reconciler = Reconciler(store=store, workers={"binding": worker}, clock=lambda: now, owner="old")

def tried(what, step):
    try:
        print(what, "=", step(), flush=True)
    except Exception as error:
        print(what, "!", type(error).__name__, flush=True)

tried("due", lambda: reconciler.due(kind="binding"))
tried("save", lambda: store.save(held, b"{}"))
for person in people:
    tried("work", lambda: reconciler.subject(f"binding:{resource}|{person}"))
if kind == "firestore":
    store.wake(f"binding:{resource}|{people[1]}", due=now)
    store.wake(f"binding:{resource}|new@example.com", due=now)
    tried("due", lambda: reconciler.due(kind="binding"))
    tried("work", lambda: reconciler.subject(f"binding:{resource}|{people[1]}"))
"""


def beside(old: Old) -> subprocess.Popen[str]:
    """A process of 0.1.0 on the store, in the middle of its work on Alice's bindings."""
    url: Any = old.place.url  # type: ignore[attr-defined]
    where = ["sqlite", str(url.path)] if hasattr(url, "path") else ["firestore", url.project]
    later = (old.now + timedelta(minutes=2)).isoformat()
    people = ",".join((ALICE, BOB, CAROL, DAN, GWEN, EVE))
    host = [] if hasattr(url, "path") else [old.place.emulator_host]  # type: ignore[attr-defined]
    command = [sys.executable, "-c", BESIDE, str(CODE), where[0], later, RESOURCE, people, where[1], *host]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_process_of_0_1_0_beside_this_one_works_on_no_binding(
    opened: Opening, old: Old, wire: Watched, clock: Clock
) -> None:
    """It is in the middle of a pass when the upgrade comes, goes on, and takes up all others."""
    with beside(old) as process:
        assert process.stdin is not None
        assert said(process) == "RUNNING"
        world = opened()
        process.stdin.write("\n")
        process.stdin.flush()
        lines = process.communicate(timeout=60)[0].splitlines()

    assert "READ" not in lines
    assert [line for line in lines if line.startswith("due =")] == []
    assert [line for line in lines if line.startswith("save")] == [
        "save ! StoreError" if hasattr(old.place.url, "path") else "save ! Conflict"  # type: ignore[attr-defined]
    ]
    assert len([line for line in lines if line.startswith("work")]) >= 6
    goes_on(world, old, wire)


@ON_DATABASES
def test_what_a_process_of_0_1_0_wakes_beside_this_one_is_done(opened: Opening, old: Old, clock: Clock) -> None:
    """It goes on to take clicks until it is stopped, and this release does what they call for.

    On a file it can keep nothing any more, and says so to whoever presses.
    """
    url: Any = old.place.url  # type: ignore[attr-defined]
    world = opened()
    world.passes(30)
    subject = f"binding:{RESOURCE}|new@example.com"
    with closing(Database(url.project, "(default)", emulator_host=old.place.emulator_host)) as database:  # type: ignore[attr-defined]
        database.commit([work.waking(subject, 0)])
        assert world.reconciler.due() == [f"binding:{RESOURCE}"]
        world.pass_()
        assert world.reconciler.due() == []
        (left,) = database.get(documents.work(subject))
        assert left is not None
        assert left.data["due"] is None
