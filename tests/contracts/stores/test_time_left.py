"""Whoever can wait no longer is told whether their change was kept, as far as anybody knows."""

import pytest

from approvals.refusals.errors import NotFound, NotKept
from tests.contracts.stores.places import Place
from tests.support.builders import filed, following


def test_a_change_for_which_there_is_no_time_is_not_kept(place: Place) -> None:
    left: list[float | None] = [None]
    store = place.open(time_left=lambda: left[0])
    stored = store.create(filed("r-1111111111"), key="one")

    left[0] = 0.0
    with pytest.raises(NotKept):
        store.create(filed("r-2222222222"), key="two")
    with pytest.raises(NotKept):
        store.commit(following(stored))
    left[0] = None

    with pytest.raises(NotFound):
        store.request("r-2222222222")
    assert store.request(stored.id) == stored
    assert store.create(filed("r-2222222222"), key="two").id == "r-2222222222"
    store.close()
