"""An operation of either store is a span of its name and how it came out, within what called for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.ports.store import Store
from approvals.refusals.errors import Conflict, NotFound, Unavailable
from bot.telemetry.recorder import Recorder
from bot.telemetry.watching import watched_store, watched_work
from tests.bot.telemetry.conftest import Sink
from tests.support.builders import NOW, filed, following
from tests.support.doubles import Around
from tests.support.emulators import firestore_host, new_project, store_at
from tests.support.world import ALICE, World

__all__ = ["firestore_host"]


@pytest.fixture(params=["sqlite", "gcp.firestore"])
def system(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(system: str, request: pytest.FixtureRequest, tmp_path: Path, recorder: Recorder) -> Iterator[Store]:
    if system == "sqlite":
        opened: Store = open_sqlite(tmp_path / "a.db", now=NOW)
    else:
        opened = store_at(request.getfixturevalue("firestore_host"), new_project())
    opened.installation()
    yield watched_store(opened, recorder, system=system)
    opened.close()


def inside(recorder: Recorder, do: Callable[[], object]) -> None:
    """Do something within a piece of work."""
    over = watched_work(recorder)("request:r-0000000001")
    try:
        do()
    finally:
        over("done")


def test_what_work_asks_of_the_store_lies_within_it_by_name_and_outcome(
    store: Store, system: str, recorder: Recorder, sink: Sink
) -> None:
    def work() -> None:
        made = store.create(filed(), key="k")
        store.commit(following(made))
        with pytest.raises(Conflict):
            store.commit(following(made))
        with pytest.raises(NotFound):
            store.request("r-9999999999")

    inside(recorder, work)
    *operations, whole = sink.ended

    assert [(each.name, each.said["countersign.outcome"]) for each in operations] == [
        ("store create", "done"),
        ("store commit", "done"),
        ("store commit", "Conflict"),
        ("store request", "NotFound"),
    ]
    assert {each.said["db.system.name"] for each in operations} == {system}
    assert [each.said["db.operation.name"] for each in operations] == ["create", "commit", "commit", "request"]
    assert {(each.within, each.kind, each.failed) for each in operations} == {(whole, "client", False)}
    assert all("error.type" not in each.said for each in operations)


def test_what_nobody_s_work_asks_of_the_store_is_no_span(store: Store, sink: Sink) -> None:
    """Timers ask it each second whether anything is due."""
    assert store.due(now=NOW, limit=1) == []
    assert store.oldest_due(now=NOW) is None

    assert sink.ended == []


def test_a_store_that_does_not_answer_is_told_as_failed_and_by_no_sentence(
    world: World, recorder: Recorder, sink: Sink
) -> None:
    def away(name: str) -> None:
        raise Unavailable(f"no answer for {ALICE}")

    broken = watched_store(cast("Store", Around(world.store, before=away)), recorder, system="sqlite")
    with pytest.raises(Unavailable):
        inside(recorder, lambda: broken.open_of(ALICE))

    failed, _ = sink.ended
    assert (failed.failed, failed.said["error.type"]) == (True, "Unavailable")
    assert ALICE not in repr(sink.spans)


def test_nothing_of_whom_and_what_it_is_about_is_told(world: World, recorder: Recorder, sink: Sink) -> None:
    world.store = watched_store(world.store, recorder, system="sqlite")
    world.restart()
    inside(recorder, lambda: world.file(ALICE))
    world.pass_()

    everything = repr(sink.spans)
    assert "store commit" in everything or "store create" in everything
    for secret in (ALICE, "alice", "payments", "INC-42", "admin"):
        assert secret not in everything
