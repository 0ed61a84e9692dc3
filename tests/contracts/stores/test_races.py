"""Threads, processes and sudden death: one decision, nothing lost."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from approvals.ports.store import AlreadyReviewed, Store
from approvals.refusals.errors import Conflict, CountersignError
from countersign_client.chain import verify
from tests.contracts.stores import places, processes
from tests.contracts.stores.places import Place
from tests.support.builders import NOW, filed, following, review_key
from tests.support.meetings import at_once, many_at_once
from tests.support.spawned import answers


def whole(store: Store) -> dict[str, int]:
    """Verify every chain; return how many entries each has."""
    return {chain: verify(store.entries(chain), request=chain, head=store.head(chain)) for chain in store.chains()}


def test_of_sixteen_changes_of_one_version_one_wins(store: Store) -> None:
    """Fails without the comparison with `_tail` in the `requests` module of either store."""
    record = store.create(filed(), key="k")
    changes = [following(record, detail={"by": number}, state="denied") for number in range(16)]

    results = many_at_once(16, lambda number: store.commit(changes[number]))

    assert results.count(None) == 1
    assert [type(result) for result in results if result is not None] == [Conflict] * 15
    assert store.request(record.id) == changes[results.index(None)].request
    assert whole(store) == {"": 0, record.id: 2}


def test_sixteen_presses_of_one_person_make_one_review(store: Store) -> None:
    """Fails in Firestore without the look at the stored review, in SQLite without the reviews' primary key."""
    record = store.create(filed(), key="k")

    def press(number: int) -> None:
        while True:
            now = store.request(record.id)
            try:
                store.commit(following(now, key=review_key(now, jti=str(number))))
            except AlreadyReviewed:
                raise
            except Conflict:
                continue
            return

    results = many_at_once(16, press)

    assert results.count(None) == 1
    assert sum(isinstance(result, AlreadyReviewed) for result in results) == 15
    assert store.request(record.id).version == 2


def test_sixteen_sendings_of_one_form_make_one_request(store: Store) -> None:
    """Fails in Firestore where documents are set instead of created, in SQLite without the look for the key."""
    results = many_at_once(16, lambda number: store.create(filed(f"r-{number:010}"), key="view V1"))

    assert len({record.id for record in results}) == 1
    assert len(list(store.chains())) == 2


@pytest.mark.parametrize("known", [False, True])
def test_sixteen_workers_get_one_lease(store: Store, *, known: bool) -> None:
    """Fails in Firestore without the precondition on what was read (known) or on absence (unknown), and without
    `_held`; in SQLite without the WHERE of `_LEASE`.
    """
    if known:
        store.wake("s", due=NOW)

    results = many_at_once(
        16, lambda number: store.lease("s", owner=str(number), now=NOW, until=NOW + timedelta(seconds=30))
    )

    assert sum(result is not None for result in results) == 1


def test_a_wake_at_the_moment_of_a_release_is_never_lost(store: Store) -> None:
    """Fails in Firestore without the precondition on what was read."""
    until = NOW.replace(hour=11)
    for number in range(24):
        subject = f"s{number}"
        lease = store.lease(subject, owner="one", now=NOW, until=until)
        assert lease is not None
        acts = (partial(store.release, lease, due=None), partial(store.wake, subject, due=NOW))

        at_once(*acts)

        assert subject in store.due(now=NOW, limit=99)


def test_entries_of_the_installation_from_many_threads_make_one_chain(store: Store) -> None:
    many_at_once(16, lambda number: store.append(at=NOW, actor="a", action="noted", detail={"n": number}))

    assert whole(store) == {"": 16}


def test_a_failing_change_spoils_none_of_its_neighbours(store: Store) -> None:
    records = [store.create(filed(f"r-{number:010}"), key=str(number)) for number in range(16)]
    stale = filed("r-9999999999").request

    results = many_at_once(
        16, lambda number: store.commit(following(stale if number % 2 else records[number], state="denied"))
    )

    assert [isinstance(result, CountersignError) for result in results] == [False, True] * 8
    assert [store.request(record.id).state for record in records] == ["denied", "pending"] * 8


def test_two_processes_make_one_decision_each(place: Place) -> None:
    store = place.open()
    records = [store.create(filed(f"r-{number:010}"), key=str(number)) for number in range(60)]

    one, two = answers(*(partial(processes.decide_all, place, records, actor) for actor in ("0", "1")))

    assert sorted([*one, *two]) == [record.id for record in records]
    assert whole(store) == {"": 0} | {record.id: 2 for record in records}
    decided = {record.id: store.entries(record.id)[1].detail["by"] for record in records}
    assert {name for name, by in decided.items() if by == "0"} == set(one)
    store.close()


def test_two_processes_that_make_a_store_at_once_make_one(place: Place) -> None:
    one, two = answers(*[partial(processes.open_at_once, place)] * 2)

    assert one == two


@pytest.mark.parametrize("acknowledged", [1, 100])
def test_what_was_acknowledged_is_there_after_a_sudden_death(place: Place, acknowledged: int) -> None:
    code = f"from tests.contracts.stores.processes import *; {_PLACES}; write_until_killed({place!r}, 4)"
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    seen = [child.stdout.readline() for _ in range(acknowledged)]
    os.kill(child.pid, signal.SIGKILL)
    seen += child.stdout.read().splitlines()
    child.stdout.close()
    assert child.wait(30) == -signal.SIGKILL

    store = place.open()

    for line in filter(None, seen):
        request_id, version = line.split()
        assert store.request(request_id).version >= int(version)
    counts = whole(store)
    for name in counts.keys() - {""}:
        assert counts[name] == store.request(name).version
        assert f"request:{name}" in store.due(now=NOW, limit=10)
    store.close()


_PLACES = f"from pathlib import Path, PosixPath; from {places.__name__} import *"
