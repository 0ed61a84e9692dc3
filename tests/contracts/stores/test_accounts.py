"""The accounts by which something is open, on every store: leavers are looked for among them."""

from typing import Any

from approvals.ports.store import Store
from tests.support.builders import filed, grant


def file(store: Store, request_id: str, **changes: Any) -> None:
    store.create(filed(request_id, **changes), key=request_id)


def test_accounts_with_something_open_come_once_each_and_in_order(store: Store) -> None:
    """Fails in Firestore where of two queries the end of a full page is passed over."""
    names = [f"slack:T0123ABCD/U{number}" for number in range(6)]
    for number, account in enumerate(names):
        held = {"state": "approved", "grant": grant("active")} if number in (0, 1, 5) else {}
        file(store, f"r-one000000{number}", account=account, **held)
        file(store, f"r-two000000{number}", account=account)
    file(store, "r-denied0000", account="slack:T0123ABCD/U9", state="denied")

    assert store.accounts(after="", limit=20) == names
    found: list[str] = []
    while page := store.accounts(after=found[-1] if found else "", limit=2):
        assert len(page) <= 2
        found += page
    assert found == names
    assert store.accounts(after=names[-1], limit=2) == []
