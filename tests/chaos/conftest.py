"""The world of the core's own tests, and the places where a store can lie."""

from tests.approvals.conftest import world
from tests.contracts.stores.conftest import new_place, place
from tests.support.clouds import cloud, wire
from tests.support.emulators import firestore_host

__all__ = ["cloud", "firestore_host", "new_place", "place", "wire", "world"]
