"""The world of the core's own tests, and the places where a store can lie."""

from collections.abc import Iterator

import pytest

from approvals.ports.store import Store
from tests.approvals.conftest import world
from tests.contracts.stores.conftest import new_place, place
from tests.contracts.stores.places import Place
from tests.support.clouds import cloud, wire
from tests.support.emulators import firestore_host, patient
from tests.support.lateness import Late
from tests.support.world import World

__all__ = ["cloud", "firestore_host", "new_place", "patient", "place", "wire", "world"]


@pytest.fixture
def late() -> Late:
    return Late()


@pytest.fixture
def other(place: Place, world: World) -> Iterator[Store]:
    """The same store, as another process has it, or an operator's command."""
    world.store.installation()
    opened = place.open()
    yield opened
    opened.close()
