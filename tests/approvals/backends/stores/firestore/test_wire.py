"""What goes over the wire to Firestore where people decide.

A document takes about one write a second there; the emulator takes as many as come. And the emulator locks what a
transaction reads, where Google's service takes an optimistic one at its word. So all of it is taken off the wire.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import TransactionOptions

from approvals.backends.stores.firestore import FirestoreStore, documents
from approvals.changes import Change
from approvals.guards import Guard, GuardFailed
from approvals.requests import Request
from countersign_client.chain import verify
from tests.support.builders import NOW, filed, following, review_key
from tests.support.clouds import google_with
from tests.support.direct import direct_iam
from tests.support.emulators import store_at
from tests.support.world import ALICE, BOB, CAROL, GWEN, World

EPOCH = Guard(name="epoch", value=0)


class Commit(NamedTuple):
    """One commit as it was sent: the documents that it writes or removes, and the transaction that it is of."""

    paths: frozenset[str]
    transaction: bytes


Sent = list[Commit]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Every commit that goes over the wire from here on."""
    seen: Sent = []
    commit: Callable[..., Any] = FirestoreClient.commit

    def recorded(client: FirestoreClient, request: Any = None, **options: Any) -> Any:
        names = [write.update.name or write.delete or write.transform.document for write in request["writes"]]
        paths = frozenset(name.partition("/documents/")[2] for name in names)
        assert all(paths)
        seen.append(Commit(paths, request.get("transaction") or b""))
        return commit(client, request, **options)

    monkeypatch.setattr(FirestoreClient, "commit", recorded)
    return seen


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, tuple[TransactionOptions, frozenset[str]]]:
    """Every transaction that is begun from here on: how, and by reading what."""
    seen: dict[bytes, tuple[TransactionOptions, frozenset[str]]] = {}
    read: Callable[..., Any] = FirestoreClient.batch_get_documents

    def recorded(client: FirestoreClient, request: Any = None, **options: Any) -> Iterator[Any]:
        paths = frozenset(name.partition("/documents/")[2] for name in request["documents"])
        for answer in read(client, request, **options):
            if answer.transaction:
                seen[answer.transaction] = request["new_transaction"], paths
            yield answer

    monkeypatch.setattr(FirestoreClient, "batch_get_documents", recorded)
    return seen


@pytest.fixture
def world(store: FirestoreStore, tmp_path: Path) -> World:
    return World(tmp_path, granter=direct_iam(google_with()), store=store)


@contextmanager
def written(sent: Sent, among: set[str]) -> Iterator[None]:
    """Note what is written meanwhile."""
    before = len(sent)
    yield
    among |= {path for commit in sent[before:] for path in commit.paths}


def test_what_two_people_ask_for_and_get_on_one_resource_writes_no_document_in_common(
    world: World, sent: Sent
) -> None:
    """Fails where a change wakes the work on a resource in a document of that resource, or counts in one."""
    of_alice, of_gwen = set[str](), set[str]()
    asked: dict[str, Request] = {}
    for person, approver, among in ((ALICE, BOB, of_alice), (GWEN, CAROL, of_gwen), (GWEN, BOB, of_gwen)):
        with written(sent, among):
            asked[person] = world.file(person)
            world.press(approver, asked[person])
        world.pass_()
        with written(sent, among):
            world.end(person, asked[person])

    assert of_alice & of_gwen == set()
    assert {path.partition("/")[0] for path in of_alice} >= {"requests", "audit", "reviews", "filings", "work"}


def test_a_subject_that_requests_share_is_woken_in_documents_of_those_requests(
    store: FirestoreStore, sent: Sent
) -> None:
    shared = "binding:projects/payments-prod"
    store.installation()
    sent.clear()
    for number in range(2):
        name = f"r-{number:010}"
        store.create(filed(name, requester=f"p{number}@example.com", wake=(f"request:{name}", shared)), key=name)

    one, two = sent
    assert one.paths & two.paths == frozenset()
    assert documents.work(shared) not in one.paths | two.paths
    assert shared in store.due(now=NOW, limit=5)


def test_a_request_in_the_place_of_an_older_one_is_one_commit_of_documents_of_its_own_person(
    world: World, sent: Sent
) -> None:
    of_alice, of_gwen = set[str](), set[str]()
    for person, among in ((ALICE, of_alice), (GWEN, of_gwen)):
        older = world.file(person, "pair")
        world.pass_()
        before = len(sent)
        with written(sent, among):
            world.uses.asking.replace(
                world.identity(person), world.ask("pair"), older=older.id, key="form", now=world.clock()
            )
        assert len(sent[before:]) == 1
        assert {documents.request(older.id), documents.filer(person)} <= sent[-1].paths

    assert of_alice & of_gwen == set()


def holding(change: Change) -> Change:
    return msgspec.structs.replace(change, guards=(EPOCH,))


def test_a_guard_is_read_in_the_commits_own_optimistic_transaction_and_not_written(
    store: FirestoreStore,
    sent: Sent,
    begun: dict[bytes, tuple[TransactionOptions, frozenset[str]]],
) -> None:
    record = store.create(holding(filed()), key="k")
    store.commit(holding(following(record, key=review_key(record))))

    commits = sent[-2:]
    assert all(commit.transaction in begun for commit in commits)
    for options, paths in begun.values():
        assert options.read_write.concurrency_mode == TransactionOptions.ConcurrencyMode.OPTIMISTIC
        assert paths == {documents.guard("epoch")}
    assert documents.guard("epoch") not in frozenset().union(*(commit.paths for commit in commits))


def test_a_change_without_guards_begins_no_transaction(
    store: FirestoreStore, sent: Sent, begun: dict[bytes, object]
) -> None:
    store.commit(following(store.create(filed(), key="k")))

    assert begun == {}
    assert {commit.transaction for commit in sent} == {b""}


def test_a_change_that_is_about_to_commit_is_kept_before_the_guard_moves_or_never(
    store: FirestoreStore, firestore_host: str, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails where the guard is read as any other document. The emulator lets the move wait, as it may."""
    record = store.create(filed(), key="k")
    other = store_at(firestore_host, project)
    other.installation()
    moved, seen = threading.Event(), list[int]()
    commit: Callable[..., Any] = FirestoreClient.commit
    mine = threading.get_ident()

    def move() -> None:
        other.advance(EPOCH, body=b"", at=NOW, actor="os:root", action="moved", detail={})
        seen.append(other.request(record.id).version)
        moved.set()

    def held_up(client: FirestoreClient, request: Any = None, **options: Any) -> Any:
        if threading.get_ident() == mine and not moves:
            moves.append(pool.submit(move))
            moved.wait(1)
        return commit(client, request, **options)

    moves: list[Any] = []
    monkeypatch.setattr(FirestoreClient, "commit", held_up)
    with ThreadPoolExecutor(1) as pool:
        with suppress(GuardFailed):
            store.commit(holding(following(record)))
        moves[0].result()

    assert seen == [store.request(record.id).version]
    other.close()


def test_a_guarded_change_whose_answer_got_lost_is_made_once(
    store: FirestoreStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.installation()
    commit: Callable[..., Any] = FirestoreClient.commit

    def twice(*arguments: Any, **options: Any) -> Any:
        commit(*arguments, **options)
        return commit(*arguments, **options)

    monkeypatch.setattr(FirestoreClient, "commit", twice)
    record = store.create(holding(filed()), key="k")
    change = following(record, key=review_key(record), state="denied")
    store.commit(holding(change))

    assert store.request(record.id) == change.request
    assert verify(store.entries(record.id), request=record.id, head=change.request.head) == 2
