"""A process of 0.1.0 that still runs on a store that this release has taken over."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.auditing.audits import Inspection
from approvals.backends.stores.copies import copy
from approvals.backends.stores.firestore import documents, work
from approvals.backends.stores.firestore.database import Database
from tests.contracts.stores.places import sqlite_place
from tests.contracts.stores.sharing import EVE, Old, Opening, Watched, clock, goes_on, old, opened, wire
from tests.support.builders import RESOURCE
from tests.support.doubles import Clock
from tests.support.firsts import CODE
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, POLICY, World

__all__ = ["clock", "old", "opened", "wire"]
NEW = "new@example.com"
ON_FILES = pytest.mark.parametrize("old", ["sqlite"], indirect=True)
ON_DATABASES = pytest.mark.parametrize("old", ["firestore"], indirect=True)


OPENED = """
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
installation = store.installation()

def tried(what, step):
    try:
        print(what, "=", step(), flush=True)
    except Exception as error:
        print(what, "!", type(error).__name__, flush=True)
"""
WORKING = """
from approvals.reconcile.bindings import BindingWorker
from approvals.reconcile.runner import Reconciler

class Google:
    def read(self, *given, **more):
        print("READ", flush=True)
        input()
        raise SystemExit("it should never come so far")

subject = f"binding:{resource}|{people[0]}"
held = store.lease(subject, owner="old", now=now, until=now + timedelta(seconds=30))
assert held is not None
print("RUNNING", flush=True)
input()
worker = BindingWorker(store=store, granter=Google(), installation=lambda: installation,
    clock=lambda: now, pause=lambda seconds: None)
reconciler = Reconciler(store=store, workers={"binding": worker}, clock=lambda: now, owner="old")

for kind_of_work in ("binding", "request"):
    tried("due", lambda: reconciler.due(kind=kind_of_work))
tried("save", lambda: store.save(held, b"{}"))
for person in people:
    tried("work", lambda: reconciler.subject(f"binding:{resource}|{person}"))
if kind == "firestore":
    store.wake(f"binding:{resource}|{people[1]}", due=now)
    store.wake(f"binding:{resource}|new@example.com", due=now)
    tried("due", lambda: reconciler.due(kind="binding"))
    tried("work", lambda: reconciler.subject(f"binding:{resource}|{people[1]}"))
"""


FILING = """
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from approvals.access import Access
from approvals.cases import Cases
from approvals.errors import Unavailable
from approvals.evidence import Witness
from approvals.policy.evaluate import Ask
from approvals.policy.parse import parse
from approvals.principals import Account, authenticate

policy = parse(sys.stdin.readline().encode().decode("unicode_escape"), source="policy.yaml")
account = Account(ref="slack:T0123ABCD/UNEW", channel="slack", team="T0123ABCD", email="new@example.com",
    email_confirmed=True, name="new", read_at=now, active=True, guest=False, bot=False)
new = authenticate(account, policy.identity, own_team="T0123ABCD", purpose="request", now=now)

class People:
    def account(self, ref, **more):
        return account

witness = Witness(directory=People(), accounts=People(), executor=ThreadPoolExecutor(1))
cases = Cases(policy=lambda: policy, witness=witness, own_team=lambda: "T0123ABCD")
tokens = SimpleNamespace(generation=installation.generation)
access = Access(store=store, tokens=tokens, cases=cases, woken=lambda _: None)
print("RUNNING", flush=True)
input()
def filed(entitlement):
    ask = Ask(entitlement=entitlement, duration=None, justification="INC-42")
    while True:
        try:
            return access.file(new, ask, key=entitlement, now=now).id
        except Unavailable:
            continue  # a busy machine: what was kept is found by its key

for entitlement in ("pair", "logs"):
    tried("filed", lambda: filed(entitlement))
"""


def beside(old: Old, script: str = WORKING) -> subprocess.Popen[str]:
    """A process of 0.1.0 on the store, in the middle of its work on Alice's bindings, or about to file."""
    place: Any = old.place
    on_file = hasattr(place.url, "path")
    where = ["sqlite", str(place.url.path)] if on_file else ["firestore", place.url.project, place.emulator_host]
    later = (old.now + timedelta(minutes=2)).isoformat()
    people = ",".join((ALICE, BOB, CAROL, DAN, GWEN, EVE))
    given = [str(CODE), where[0], later, RESOURCE, people, *where[1:]]
    command = [sys.executable, "-c", OPENED + script, *given]
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
        lines = process.communicate(timeout=120)[0].splitlines()

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
    subject = f"binding:{RESOURCE}|{NEW}"
    with closing(Database(url.project, "(default)", emulator_host=old.place.emulator_host)) as database:  # type: ignore[attr-defined]
        database.commit([work.waking(subject, 0)])
        assert world.reconciler.due() == [f"binding:{RESOURCE}"]
        world.pass_()
        assert world.reconciler.due() == []
        (left,) = database.get(documents.work(subject))
        assert left is not None
        assert left.data["due"] is None


def filing_beside(old: Old, upgraded: Callable[[], object]) -> list[str]:
    """What became of two requests of somebody new that 0.1.0 filed after it was upgraded beside it."""
    with beside(old, FILING) as process:
        assert process.stdin is not None
        process.stdin.write(POLICY.encode("unicode_escape").decode() + "\n")
        process.stdin.flush()
        assert said(process) == "RUNNING"
        upgraded()
        process.stdin.write("\n")
        process.stdin.flush()
        return process.communicate(timeout=120)[0].splitlines()


@ON_FILES
def test_on_a_file_0_1_0_files_nothing_beside_this_release(opened: Opening, old: Old, clock: Clock) -> None:
    clock.advance(120)
    worlds: list[World] = []

    assert filing_beside(old, lambda: worlds.append(opened())) == ["filed ! StoreError"] * 2
    assert worlds[0].store.open_of(NEW) == []


@ON_DATABASES
def test_what_0_1_0_files_beside_this_release_is_brought_up_and_worked_on(
    opened: Opening, old: Old, wire: Watched, clock: Clock, tmp_path: Path
) -> None:
    """Nothing tells it to stop on a database: what it files is listed, copied, decided and given all the same."""
    clock.advance(120)
    worlds: list[World] = []
    asked, given = [line.removeprefix("filed = ") for line in filing_beside(old, lambda: worlds.append(opened()))]
    (world,) = worlds
    world.people.join(NEW)

    assert asked in [request.id for request in world.store.pending(limit=10)]
    assert {asked, given} <= {request.id for request in world.store.open_of(NEW)}
    with old.place.contents() as full, sqlite_place(tmp_path / "copy.db").filling() as empty:
        copy(full, empty, actor="os:root", now=clock())

    world.passes(30)
    assert {asked, given} <= {request.id for request in world.store.open_by("slack:T0123ABCD/UNEW")}
    assert world.state(world.store.request(given)) == "active"
    for approver in (BOB, CAROL):
        world.press(approver, world.store.request(asked))
    world.passes(30)
    assert world.state(world.store.request(asked)) == "active"
    assert list(Inspection(world.store).faults()) == []
