from datetime import timedelta

import msgspec

from approvals.ports import Store, StoredPolicy
from tests.builders import NOW
from tests.contracts.stores.places import Place

GOOD = StoredPolicy(digest="sha256:1", text="identity: {}\n", source="policy.yaml", loaded_at=NOW)


def test_an_installation_is_made_once(place: Place) -> None:
    store = place.open()
    made = store.installation()
    store.close()

    again = place.open()

    assert again.installation() == made
    assert made.created == NOW
    assert made.instance
    assert made.generation
    again.close()


def test_a_new_store_knows_no_policy(store: Store) -> None:
    assert store.last_good() is None


def test_the_policy_kept_last_is_the_last_good_one_over_reopening(place: Place) -> None:
    store = place.open()
    store.keep(GOOD)
    newer = msgspec.structs.replace(GOOD, digest="sha256:2", text="é", loaded_at=NOW + timedelta(hours=1))
    store.keep(newer)
    store.close()

    again = place.open()

    assert again.last_good() == newer
    again.close()


def test_a_policy_that_comes_back_is_the_last_good_one_again(store: Store) -> None:
    store.keep(GOOD)
    store.keep(msgspec.structs.replace(GOOD, digest="sha256:2"))
    back = msgspec.structs.replace(GOOD, loaded_at=NOW + timedelta(days=1))
    store.keep(back)

    assert store.last_good() == back
