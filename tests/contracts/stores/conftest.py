from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from approvals.backends.stores.firestore import database
from approvals.ports.store import Store
from tests.contracts.stores.places import Place, firestore_place, sqlite_place
from tests.support.clouds import cloud, wire
from tests.support.emulators import PATIENCE, firestore_host, new_project

__all__ = ["cloud", "firestore_host", "wire"]


@pytest.fixture
def new_place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Place]:
    """Makes a place of the named kind where nothing is yet."""
    monkeypatch.setattr(database, "TIMEOUT", PATIENCE)

    def made(kind: str) -> Place:
        name = new_project()
        if kind == "sqlite":
            return sqlite_place(tmp_path / f"{name}.db")
        return firestore_place(request.getfixturevalue("firestore_host"), name)

    return made


@pytest.fixture(params=["sqlite", "firestore"])
def place(request: pytest.FixtureRequest, new_place: Callable[[str], Place]) -> Place:
    return new_place(request.param)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = place.open()
    yield opened
    opened.close()
