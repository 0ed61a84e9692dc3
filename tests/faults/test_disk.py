"""A disk that is full, a store that is damaged, read-only or from a newer version: nothing half done, and said."""

import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from countersign_client.chain import verify
from sandbox.app import Sandbox
from sandbox.slack.records import Message
from tests.faults.children import ROOT, answers, environ, served
from tests.support.builders import NOW
from tests.support.running import POLICY
from tests.support.shown import buttons


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another account can reach, which pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="countersign-"))
    made.chmod(0o755)
    (made / "policy.yaml").write_text(POLICY)
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


def test_a_full_disk_keeps_and_acknowledges_nothing_and_heals(folder: Path) -> None:
    with Sandbox.start() as box, served(box, folder) as child:
        asked = _ask(box)
        # Work that could not be given back would be held until its lease runs out.
        box.slack.wait(lambda: _idle(folder / "countersign.db"), seconds=30)
        wal = (folder / "countersign.db-wal").stat().st_size
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (wal, resource.RLIM_INFINITY))

        assert not box.slack.press("bob", "approve", message=_card(box, asked)).ok
        denied = box.slack.command("dan", "/jit request admin for 1h because INC-2")
        assert "r-" not in denied.body
        assert answers(f"{child.url}/health")

        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert box.slack.press("bob", "approve", message=_card(box, asked)).ok
        box.slack.wait(lambda: "Access is active" in str(_cards(box, asked)), seconds=30)

    store = open_sqlite(folder / "countersign.db", now=NOW)
    assert [chain for chain in store.chains() if chain] == [asked]
    assert [review.person for review in store.request(asked).reviews] == ["bob@example.com"]
    verify(store.entries(asked), request=asked, head=store.head(asked))
    store.close()


def test_a_damaged_store_is_named_and_left_as_it_is(folder: Path) -> None:
    database = folder / "countersign.db"
    open_sqlite(database, now=NOW).close()
    whole = database.read_bytes()
    database.write_bytes(b"\xa5" * 4096 + whole[4096:])

    said = _start_in_vain(folder)

    assert "damaged or no SQLite database: restore a backup" in said
    assert database.read_bytes() == b"\xa5" * 4096 + whole[4096:]


def test_a_store_of_a_newer_version_is_named_and_left_as_it_is(folder: Path) -> None:
    database = folder / "countersign.db"
    open_sqlite(database, now=NOW).close()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    said = _start_in_vain(folder)

    assert "schema 99" in said
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)


def test_a_read_only_store_is_named(folder: Path) -> None:
    database = folder / "countersign.db"
    open_sqlite(database, now=NOW).close()
    (folder / "keys").mkdir()
    (folder / "keys").chmod(0o777)
    database.chmod(0o444)
    folder.chmod(0o555)

    signer = f"file:{folder / 'keys' / 'signer.jwk'}"
    said = _start_in_vain(folder, code=_UNPRIVILEGED, COUNTERSIGN_SIGNER=signer)

    assert "give this account the right to write the file and its directory" in said


_UNPRIVILEGED = """
import os, pathlib, tempfile
from datetime import UTC, datetime
from approvals.backends.signers.file import create_keys
from approvals.backends.signers.purposes import TOKENS
from approvals.backends.stores.sqlite import open_sqlite
from bot.cli import main
import bot.serve, bot.compose
"".encode("utf-16be")
# What is loaded when it is first used may lie where that account cannot read.
with tempfile.TemporaryDirectory() as rehearsal:
    create_keys(pathlib.Path(rehearsal, "keys"), now=datetime.now(UTC), purpose=TOKENS)
    open_sqlite(pathlib.Path(rehearsal, "store"), now=datetime.now(UTC)).close()
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
main(["serve"])
"""
"""The service as an account without privileges, which loads everything while it still can read it."""


def _start_in_vain(folder: Path, *, code: str = "from bot.cli import main; main(['serve'])", **given: str) -> str:
    """Start the service; return what it says on its way out."""
    with Sandbox.start() as box:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**environ(box, folder), **given},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def _ask(box: Sandbox) -> str:
    outcome = box.slack.command("alice", "/jit request admin for 1h because INC-1")
    named = re.search(r"r-[0-9a-z]{10}", outcome.body)
    assert named, outcome
    box.slack.wait(lambda: [card for card in _cards(box, named[0]) if "approve" in buttons(card)], seconds=30)
    return named[0]


def _idle(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        busy = "SELECT count(*) FROM subjects WHERE owner IS NOT NULL OR due <= unixepoch() * 1000000"
        return bool(connection.execute(busy).fetchone() == (0,))


def _card(box: Sandbox, asked: str) -> Message:
    return _cards(box, asked)[-1]


def _cards(box: Sandbox, asked: str) -> list[Message]:
    return [m for m in box.slack.messages("#access") if not m.to and asked in str(m.blocks)]
