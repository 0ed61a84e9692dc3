"""The meter at the Firestore client counts the documents that go over the wire, as Google bills them."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest
from google.cloud.firestore_v1.services.firestore import FirestoreClient

from approvals.backends.stores.firestore.database import Database
from approvals.guards import Guard
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict, NotFound
from bench.meter import CHORES, Meter
from tests.support.builders import NOW, filed, following
from tests.support.emulators import firestore_host, new_project, store_at

__all__ = ["firestore_host"]

METERED = ("get", "_page", "commit", "hold", "delete")
SHARED = "binding:projects/x"
"""A subject that a request shares with others: its wake is a document of its own, which who takes it removes."""


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> Meter:
    for name in METERED:
        monkeypatch.setattr(Database, name, getattr(Database, name))  # taken away again afterwards
    made = Meter()
    made.install()
    return made


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What Google would bill, by what goes over the wire."""
    billed = Counter[str]()

    def looked_up(answers: Any, _: object) -> Iterator[Any]:
        found = list(answers)
        billed["reads"] += sum(bool(each.found.name or each.missing) for each in found)
        return iter(found)

    def asked(answers: Any, _: object) -> Iterator[Any]:
        found = list(answers)
        billed["reads"] += max(1, sum(bool(each.document.name) for each in found))
        return iter(found)

    def committed(answer: Any, request: dict[str, Any]) -> Any:
        billed["deletes"] += (gone := sum(bool(each.delete) for each in request["writes"]))
        billed["writes"] += len(request["writes"]) - gone
        return answer

    told = {"batch_get_documents": looked_up, "run_query": asked, "commit": committed}
    for name, noted in told.items():
        real = getattr(FirestoreClient, name)

        def call(*args: Any, real: Any = real, noted: Any = noted, **options: Any) -> Any:
            return noted(real(*args, **options), options.get("request"))

        monkeypatch.setattr(FirestoreClient, name, call)
    return billed


@pytest.fixture
def project() -> str:
    return new_project()


@pytest.fixture
def store(firestore_host: str, project: str, meter: Meter, wire: Counter[str]) -> Iterator[Store]:
    with closing(store_at(firestore_host, project)) as opened:
        opened.installation()
        yield opened


@pytest.fixture
def other(firestore_host: str, project: str) -> Iterator[Store]:
    with closing(store_at(firestore_host, project)) as opened:
        yield opened


def counted(meter: Meter) -> Counter[str]:
    return Counter(json.loads(meter.told()))


def whole(meter: Meter) -> Counter[str]:
    return Counter({kind: count for kind in ("reads", "writes", "deletes") if (count := counted(meter)[kind])})


def test_a_commit_that_is_refused_is_no_write(
    store: Store, other: Store, meter: Meter, wire: Counter[str]
) -> None:
    record = store.create(filed(), key="k")
    other.commit(following(record))
    before = whole(meter)["writes"]

    with pytest.raises(Conflict):
        store.commit(following(record))

    assert whole(meter)["writes"] == before
    assert whole(meter) == wire


def test_what_is_not_there_is_a_read_like_any_other(store: Store, meter: Meter, wire: Counter[str]) -> None:
    before = whole(meter)["reads"]

    with pytest.raises(NotFound):
        store.request("r-9999999999")
    assert store.pending(limit=5) == []

    assert whole(meter)["reads"] == before + 2
    assert whole(meter) == wire


def test_all_that_goes_over_the_wire_is_counted(store: Store, meter: Meter, wire: Counter[str]) -> None:
    record = store.create(filed(), key="k")
    guard = Guard(name="frozen", value=0)
    change = following(store.request(record.id), wake=(SHARED,))
    store.commit(msgspec.structs.replace(change, guards=(guard,)))
    lease = store.lease(SHARED, owner="one", now=NOW, until=NOW)
    assert lease is not None
    store.release(store.save(lease, b"kept"), due=None)
    store.remember("place", "C1")
    store.forget("place")
    store.open_of(record.requester)
    store.advance(guard, body=b"", at=NOW, actor="bob@example.com", action="everything.frozen", detail={})
    assert store.guarded("frozen").value == 1

    assert whole(meter) == wire
    assert (counted(meter)["deletes memory"], counted(meter)["deletes work"]) == (1, 1)


def test_what_chores_do_is_counted_by_itself(store: Store, meter: Meter) -> None:
    store.create(filed(), key="k")
    before = whole(meter)
    chore = threading.Thread(target=lambda: store.anchored(store.unanchored(limit=1)), name=CHORES)
    chore.start()
    chore.join()

    assert whole(meter) == before
    assert counted(meter)["chores writes requests"] == 1
