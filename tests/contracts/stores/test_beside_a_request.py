"""What every store finds beside a request: the same person's others for the same."""

from datetime import datetime, timedelta

from approvals.ports.store import Store
from approvals.requests import Request
from tests.support.builders import NOW, filed, grant, terms


def _file(store: Store, request_id: str, **changes: object) -> Request:
    return store.create(filed(request_id, **changes), key=f"key of {request_id}")


def test_beside_a_request_stand_the_same_persons_open_ones_for_the_same(store: Store) -> None:
    def at(seconds: int) -> datetime:
        return NOW + timedelta(seconds=seconds)

    other = terms(entitlement="another-thing")
    _file(store, "r-waits00000", filed=at(1))
    _file(store, "r-holds00000", filed=at(3), state="approved", grant=grant("active"))
    _file(store, "r-itself0000", filed=at(2), state="denied")
    _file(store, "r-another000", filed=at(4), terms=other)
    _file(store, "r-gwens00000", filed=at(5), requester="gwen@example.com")

    def beside(request_id: str) -> list[str]:
        return [record.id for record in store.beside(store.request(request_id))]

    assert beside("r-itself0000") == ["r-holds00000", "r-waits00000"]
    assert beside("r-waits00000") == ["r-holds00000"]
    assert beside("r-another000") == beside("r-gwens00000") == []
