from approvals.ports.store import Store
from tests.contracts.stores.places import Place


def test_what_was_never_remembered_is_not_known(store: Store) -> None:
    assert store.recall("channel:#access") is None


def test_what_was_remembered_last_is_known_over_reopening(place: Place) -> None:
    store = place.open()
    store.remember("channel:#access", "C1")
    store.remember("channel:#access", "C2")
    store.remember("channel:#Zugriff/ü", "C3")
    store.close()

    again = place.open()
    assert (again.recall("channel:#access"), again.recall("channel:#Zugriff/ü")) == ("C2", "C3")
    again.close()


def test_what_was_forgotten_is_not_known_any_more(store: Store) -> None:
    store.remember("channel:#access", "C1")
    store.remember("channel:#other", "C2")

    store.forget("channel:#access")
    store.forget("channel:#access")

    assert (store.recall("channel:#access"), store.recall("channel:#other")) == (None, "C2")
