"""A store of 0.1.0 whose people have bindings on one resource: sure, unsure, doubted, replaced, and to be removed.

It was made by 0.1.0's own code, with what Google held at that moment beside it. Whatever kills the upgrade, and
whatever process of 0.1.0 still runs beside it: no live access is taken away, and none comes back.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from approvals.backends.stores.firestore import documents, upgrades, work
from approvals.backends.stores.firestore.database import Database
from approvals.backends.stores.sqlite import schema
from approvals.ports.store import Store
from approvals.ports.targets import Binding, Snapshot
from sandbox.google import Google
from tests.builders import RESOURCE
from tests.contracts.stores.places import Place, firestore_place, sqlite_place
from tests.direct import Wire, direct_iam
from tests.doubles import Clock
from tests.emulators import new_project
from tests.firsts import CODE, DATA, firestore_of_first_release, sqlite_of_first_release
from tests.world import ALICE, BOB, CAROL, DAN, GWEN, World

EVE = "eve@example.com"
ROLES = {ALICE: "roles/run.viewer", **dict.fromkeys((BOB, CAROL, DAN, EVE, GWEN), "roles/logging.viewer")}
STAYS = (ALICE, CAROL, DAN, GWEN)
"""Whose access goes on; of all but Gwen's it is certain when the upgrade begins."""


class Old(NamedTuple):
    """A place where 0.1.0 has lived, its requests by what is about them, when that was, and what Google held."""

    place: Place
    requests: dict[str, list[str]]
    now: datetime
    google: Google


@pytest.fixture(params=["sqlite", "firestore"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Old:
    said = json.loads((DATA / "stores" / "bindings.json").read_text())[request.param]
    google = Google()
    google.add(RESOURCE)
    google.edit(RESOURCE, lambda policy: policy.update(bindings=said["policy"]["bindings"]))
    if request.param == "sqlite":
        sqlite_of_first_release(tmp_path / "store.db", name="bindings")
        place = sqlite_place(tmp_path / "store.db")
    else:
        host, project = request.getfixturevalue("firestore_host"), new_project()
        firestore_of_first_release(host, project, name="bindings")
        place = firestore_place(host, project)
    return Old(place, said["requests"], datetime.fromisoformat(said["now"]), google)


class Watched(Wire):
    """A line to Google on which no write may take away access that goes on, or bring back what was taken away."""

    def __init__(self, google: Google, clock: Clock) -> None:
        super().__init__(direct_iam(google))
        self._google = google
        self._clock = clock
        self.writes_of_bindings: list[Collection[Binding]] = []

    def write(self, snapshot: Snapshot, **given: Any) -> None:
        before = {who for who in STAYS if self.access(who)}
        super().write(snapshot, **given)
        assert before <= {who for who in STAYS if self.access(who)}
        assert not self.access(BOB)

    def access(self, who: str) -> bool:
        return self._google.in_force(RESOURCE, ROLES[who], f"user:{who}", self._clock())


@pytest.fixture
def clock(old: Old) -> Clock:
    return Clock(old.now)


@pytest.fixture
def wire(old: Old, clock: Clock) -> Watched:
    return Watched(old.google, clock)


Opening = Callable[[], World]


@pytest.fixture
def opened(old: Old, clock: Clock, wire: Watched, tmp_path: Path) -> Iterator[Opening]:
    """Opens the store with this release, and the world over it; again and again, as a program that is killed."""
    stores: list[Store] = []

    def open_() -> World:
        stores.append(old.place.open())
        return World(tmp_path, granter=wire, store=stores[-1], clock=clock)

    yield open_
    for store in stores:
        store.close()


def states(world: World, old: Old) -> dict[str, list[str]]:
    grants = {name: [world.store.request(each).grant for each in ids] for name, ids in old.requests.items()}
    return {name: [grant.state for grant in found if grant] for name, found in grants.items()}


GOES_ON = {
    "active": ["active"],
    "doubted": ["revoked"],
    "replaced": ["active", "active"],
    "ended": ["ended"],
    "not_arrived": ["active", "active"],
    "unsure": ["active"],
}


def goes_on(world: World, old: Old, wire: Watched) -> None:
    """Everybody has what is theirs, and Google holds that and nothing else."""
    world.passes(120)
    assert states(world, old) == GOES_ON
    assert [who for who in ROLES if wire.access(who)] == [ALICE, CAROL, DAN, GWEN]
    held = [member for each in old.google.policies()[RESOURCE]["bindings"] for member in each["members"]]
    assert sorted(held) == sorted(f"user:{who}" for who in (ALICE, ALICE, CAROL, DAN, GWEN))
    world.passes(5 * 3600, step=300)
    assert old.google.policies()[RESOURCE].get("bindings", []) == []


def test_everybodys_access_goes_on_after_an_upgrade(opened: Opening, old: Old, wire: Watched) -> None:
    goes_on(opened(), old, wire)


def test_a_doubt_of_before_the_upgrade_counts(opened: Opening, old: Old, clock: Clock) -> None:
    """One read of 0.1.0 lacked the binding, a read ten seconds later lacks it too: somebody took it out."""
    world = opened()
    clock.advance(10)
    world.reconciler.subject(f"binding:{RESOURCE}")

    assert states(world, old)["doubted"] == ["revoked"]


def test_what_was_taken_out_by_hand_during_the_upgrade_stays_out(opened: Opening, old: Old, wire: Watched) -> None:
    old.google.edit(RESOURCE, lambda policy: policy.update(bindings=[]))
    world = opened()
    world.passes(60)

    assert states(world, old)["active"] == ["revoked"]
    assert not wire.access(ALICE)
    assert states(world, old)["replaced"] == ["revoked", "revoked"]
    assert not wire.access(CAROL)


class Killed(BaseException):
    """The process ends here."""


ON_FILES = pytest.mark.parametrize("old", ["sqlite"], indirect=True)
ON_DATABASES = pytest.mark.parametrize("old", ["firestore"], indirect=True)


@ON_FILES
def test_an_upgrade_of_a_file_that_is_killed_anywhere_has_done_nothing(
    opened: Opening, old: Old, wire: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = schema._MIGRATIONS[1]

    def dies(_: object) -> None:
        raise Killed

    for count in range(len(steps) + 1):
        with monkeypatch.context() as patched:
            patched.setitem(schema._MIGRATIONS, 1, (*steps[:count], dies))
            with pytest.raises(Killed):
                opened()
    goes_on(opened(), old, wire)


@ON_DATABASES
def test_an_upgrade_of_a_database_that_is_killed_anywhere_goes_on_where_it_was(
    opened: Opening, old: Old, wire: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before and after its first commit, then the second, and so on; nobody writes IAM before its end."""
    commit = Database.commit

    class Dying:
        """Dies at the commit after so many, before it or after it."""

        def __init__(self, left: int, *, after: bool) -> None:
            self.left, self.after = left, after

        def commit(self, database: Database, *given: Any, **more: Any) -> None:
            self.left -= 1
            if self.left >= 0 or self.after:
                commit(database, *given, **more)
            if self.left < 0:
                raise Killed

    def killed(dying: Dying) -> bool:
        def commits(database: Database, *given: Any, **more: Any) -> None:
            dying.commit(database, *given, **more)

        with monkeypatch.context() as patched:
            patched.setattr(Database, "commit", commits)
            try:
                opened()
            except Killed:
                return True
        return False

    deaths = 0
    while killed(Dying(deaths // 2, after=bool(deaths % 2))):
        deaths += 1
        assert wire.sent == 0
    # The fence, six people's ledgers, their requests, and the word that all of it is done.
    assert deaths >= 8
    goes_on(opened(), old, wire)


@ON_DATABASES
def test_two_processes_upgrade_a_database_at_the_same_time(
    opened: Opening, old: Old, wire: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one does all of it just before each of our steps."""
    fold = upgrades._fold

    def after_another(database: Database, path: str) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(upgrades, "_fold", fold)
            with closing(old.place.open()) as other:
                other.installation()
        fold(database, path)

    monkeypatch.setattr(upgrades, "_fold", after_another)
    world = opened()
    monkeypatch.setattr(upgrades, "_fold", fold)
    goes_on(world, old, wire)


# --- a process of 0.1.0 that still runs -----------------------------------------------------------

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
from approvals.reconcile.bindings import BindingWorker
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
