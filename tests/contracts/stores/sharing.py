"""A store of 0.1.0 with bindings of many people on one resource, opened by this release under watch."""

import json
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from approvals.ports.store import Store
from approvals.ports.targets import Binding, Snapshot
from sandbox.google import Google
from tests.contracts.stores.places import Place, firestore_place, sqlite_place
from tests.support.builders import RESOURCE
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct_iam
from tests.support.doubles import Clock
from tests.support.emulators import new_project
from tests.support.firsts import DATA, firestore_of_first_release, sqlite_of_first_release
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World

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
    google = google_with()
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
