"""A store of 0.1.0 with a request in every state opens, and nothing that was digested has changed by it."""

import json
import logging
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals import transitions
from approvals.auditing.audits import Inspection
from approvals.backends.signers.file import FileSigner
from approvals.backends.signers.purposes import RECEIPTS
from approvals.backends.stores.firestore import documents
from approvals.backends.stores.firestore.database import Database, Write, merge
from approvals.backends.stores.first_release import brought_up
from approvals.changes import Mark
from approvals.freezes import freezing
from approvals.guards import GuardFailed
from approvals.ports.store import Store
from approvals.receipts import issue
from approvals.targets import all_roles, resources
from countersign_client.keys import read_keys
from countersign_client.receipts import verify
from tests.contracts.stores.places import Place, firestore_place, sqlite_place
from tests.support.emulators import new_project
from tests.support.firsts import (
    CLIENT,
    FIRSTS,
    ISSUER,
    KEYS,
    firestore_of_first_release,
    sqlite_of_first_release,
)
from tests.support.refusing import refusing

DONE = {first.request for name, first in FIRSTS.items() if name != "pending"}
DECIDED = {name: first for name, first in FIRSTS.items() if first.receipt}
NOW = datetime(2027, 1, 1, tzinfo=UTC)
CLIENT_OF_0_1_0 = """
import json, sys
import countersign_client
from countersign_client.keys import read_keys
from countersign_client.receipts import verify
assert sys.argv[1] in countersign_client.__file__, countersign_client.__file__
given = json.load(sys.stdin)
keys = read_keys(json.dumps(given["keys"]).encode())
print(json.dumps([verify(each, keys, issuer=given["issuer"]).digest for each in given["receipts"]]))
"""
Break = Callable[[str, bytes], None]


@pytest.fixture(params=["sqlite", "firestore"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def old(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A store of 0.1.0 that nobody has opened since."""
    if kind == "sqlite":
        sqlite_of_first_release(tmp_path / "store.db")
        return sqlite_place(tmp_path / "store.db")
    host, project = request.getfixturevalue("firestore_host"), new_project()
    firestore_of_first_release(host, project)
    return firestore_place(host, project)


@pytest.fixture
def replace_body(old: Place) -> Break:
    """Write over a request's body, as somebody does who has the store in his hands."""

    def replaced(request: str, body: bytes) -> None:
        url: Any = old.url  # type: ignore[attr-defined]
        if hasattr(url, "path"):
            with closing(sqlite3.connect(url.path, isolation_level=None)) as connection:
                connection.execute("UPDATE requests SET body = ? WHERE id = ?", (body, request))
            return
        host: str = old.emulator_host  # type: ignore[attr-defined]
        with closing(Database(url.project, url.database, emulator_host=host)) as database:
            database.commit([merge(documents.request(request), {"body": body})])

    return replaced


@pytest.fixture
def store(old: Place) -> Iterator[Store]:
    opened = old.open()
    opened.installation()
    yield opened
    opened.close()


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    """The keys by which 0.1.0 signed its receipts."""
    own = tmp_path / "receipts.jwk"
    own.write_bytes(KEYS.read_bytes())
    own.chmod(0o600)
    return FileSigner(own, issuer=lambda: ISSUER, purpose=RECEIPTS)


def issued(store: Store, signer: FileSigner, request: str) -> str:
    return issue(store.request(request), held=store.held(request), signer=signer, now=NOW)


def test_there_is_a_request_in_every_state(store: Store) -> None:
    requests = [store.request(first.request) for first in FIRSTS.values()]

    assert {r.state for r in requests} == {"pending", "approved", "denied", "withdrawn", "expired"}
    grants = {r.grant.state for r in requests if r.grant}
    assert grants == {"activating", "active", "ended", "revoked", "failed"}


def test_what_0_1_0_kept_is_found_by_all_that_this_release_looks_for(store: Store) -> None:
    requests = [store.request(first.request) for first in FIRSTS.values()]
    open_ = [r for r in requests if r.state == "pending" or any(not grant.removed for grant in r.grants)]

    assert {tail.request for tail in store.unanchored(limit=50)} == {r.id for r in requests}
    assert {r.id for each in requests for r in store.open_by(each.account)} == {r.id for r in open_}
    held = {r.id for each in requests for place in resources(each.terms.targets) for r in store.on(place).requests}
    assert held == {r.id for r in open_ if r.grants}


def test_it_can_be_frozen_and_thawed_and_decisions_hold_on_to_that(store: Store) -> None:
    pending = next(r for first in FIRSTS.values() if (r := store.request(first.request)).state == "pending")
    before = freezing.read(store)
    assert freezing.freeze(store, by="os:root", why=None, now=NOW)

    for guard, kept in ((before.guard, False), (freezing.read(store).guard, True)):
        change = msgspec.structs.replace(transitions.expire(pending, reason="time", now=NOW), guards=(guard,))
        with nullcontext() if kept else pytest.raises(GuardFailed):
            store.commit(change)

    assert store.request(pending.id).state == "expired"
    assert freezing.thaw(store, by="os:root", why=None, now=NOW)
    assert list(Inspection(store).faults()) == []


def test_what_happens_in_it_can_leave_a_mark(store: Store) -> None:
    pending = next(r for first in FIRSTS.values() if (r := store.request(first.request)).state == "pending")
    change = transitions.expire(pending, reason="time", now=NOW)

    store.commit(msgspec.structs.replace(change, marks=(Mark(name="m", until=NOW, body=b"b"),)))

    assert (store.mark("m"), store.sweep(before=NOW, limit=5)) == (b"b", 0)


def test_every_digest_is_what_it_was_and_the_audit_finds_nothing(store: Store) -> None:
    for first in FIRSTS.values():
        assert store.request(first.request).digest == first.digest

    assert list(Inspection(store).faults()) == []


def test_a_receipt_issued_now_says_what_0_1_0_said(store: Store, signer: FileSigner) -> None:
    for first in DECIDED.values():
        now, then = signer.verify(issued(store, signer, first.request)), signer.verify(first.receipt)

        assert {**now, "iat": 0, "jti": ""} == {**then, "iat": 0, "jti": ""}


def test_receipts_issued_now_verify_with_the_client_of_0_1_0_and_with_ours(
    store: Store, signer: FileSigner
) -> None:
    receipts = [issued(store, signer, first.request) for first in DECIDED.values()]
    given = {"keys": signer.keys(), "issuer": ISSUER, "receipts": receipts}

    done = subprocess.run(
        [sys.executable, "-c", CLIENT_OF_0_1_0, CLIENT.name],
        input=json.dumps(given),
        cwd=CLIENT.parent,
        env={"PYTHONPATH": str(CLIENT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    digests = [first.digest for first in DECIDED.values()]
    assert json.loads(done.stdout) == digests
    keys = read_keys(json.dumps(signer.keys()).encode())
    assert [verify(each, keys, issuer=ISSUER).digest for each in receipts] == digests


def test_terms_that_their_digest_does_not_cover_are_kept_and_named(
    old: Place,
    replace_body: Break,
    signer: FileSigner,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = FIRSTS["active"]
    replace_body(first.request, _body(old, first.request).replace(b"roles/run.viewer", b"roles/run.admin"))

    with caplog.at_level(logging.ERROR), closing(old.open()) as store:
        request = store.request(first.request)
        assert (request.digest, "roles/run.admin" in all_roles(request.terms.targets)) == (first.digest, True)
        assert [fault.chain for fault in Inspection(store).faults()] == [first.request]
        with refusing("gets no receipt"):
            issued(store, signer, first.request)
    assert f"{first.request}: its terms are not those that its digest covers" in caplog.text


@pytest.mark.parametrize(
    "body", [b"\xffspoilt", b'{"account": "\xff"}', b'{"terms": 5}', b'{"terms": "no"}', b'{"x":' + b"[" * 100_000]
)
def test_a_body_that_cannot_be_read_keeps_no_other_request_from_being_brought_up(
    old: Place, replace_body: Break, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    first = FIRSTS["denied"]
    replace_body(first.request, body)

    with caplog.at_level(logging.ERROR), closing(old.open()) as store:
        assert {fault.chain for fault in Inspection(store).faults()} == {first.request}
        assert store.request(FIRSTS["active"].request).covered
    assert f"{first.request}: its record cannot be read" in caplog.text


@pytest.mark.parametrize("kind", ["firestore"])
def test_an_upgrade_ends_and_says_so_however_often_others_write_there(
    old: Place, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they write last is brought up when it is read."""
    commit, busy = Database.commit, documents.request(FIRSTS["pending"].request)

    def disturbed(database: Database, writes: Sequence[Write], **more: Any) -> None:
        if any(write.path == busy and write.seen for write in writes):
            commit(database, [merge(busy, {"touched": secrets.token_hex(4)})])
        commit(database, writes, **more)

    with closing(old.open()) as store:
        with monkeypatch.context() as patched:
            patched.setattr(Database, "commit", disturbed)
            assert store.installation().schema == documents.SCHEMA
            assert len(store.pending(limit=50)) == 2
            assert {tail.request for tail in store.unanchored(limit=50)} == DONE
        assert "others write there meanwhile" in caplog.text

        assert store.request(FIRSTS["pending"].request).covered
        assert {tail.request for tail in store.unanchored(limit=50)} > DONE
        assert list(Inspection(store).faults()) == []


def test_an_object_that_was_changed_is_named(old: Place, replace_body: Break, signer: FileSigner) -> None:
    first = FIRSTS["ended by time"]
    old.open().close()
    with closing(old.open()) as store:
        whole = store.request(first.request)
        changed = whole.covered.replace("roles/run.viewer", "roles/run.admin")
        assert changed != whole.covered
        replace_body(first.request, _body(old, first.request).replace(_quoted(whole.covered), _quoted(changed)))

        faults = [fault.text for fault in Inspection(store).faults()]
        assert "its digest is not that of the object that is kept with it" in faults
        assert "its terms are not those that its digest covers" in faults
        with refusing("gets no receipt"):
            issued(store, signer, first.request)


def test_an_upgrade_that_broke_off_is_done_again_and_changes_nothing_more(old: Place) -> None:
    """As on Firestore, where a part of the requests has been brought up, and the installation does not say so."""
    first = FIRSTS["active"]
    before = _body(old, first.request)
    brought = brought_up(first.request, before)

    assert brought != before
    assert brought_up(first.request, brought) == brought


def _quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def _body(place: Place, request: str) -> bytes:
    url: Any = place.url  # type: ignore[attr-defined]
    if hasattr(url, "path"):
        with closing(sqlite3.connect(url.path)) as connection:
            (body,) = connection.execute("SELECT body FROM requests WHERE id = ?", (request,)).fetchone()
    else:
        host: str = place.emulator_host  # type: ignore[attr-defined]
        with closing(Database(url.project, url.database, emulator_host=host)) as database:
            found = database.one(documents.request(request))
            assert found is not None
            body = found.data["body"]
    assert isinstance(body, bytes)
    return body
