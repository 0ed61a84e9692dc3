"""`audit verify` and `audit checkpoint`: a store that was lived in, tampered with, or written anew as a whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from approvals.backends.signers.file import create_keys
from approvals.backends.signers.purposes import RECEIPTS
from approvals.backends.stores.sqlite import open_sqlite
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from tests.bot.commands import environment, run

KEPT = Path(__file__).parents[1] / "data"
DENIED = "r-489hsqjrkh"
OTHER_ACCOUNT = f"""UPDATE requests SET body = CAST(replace(body, 'slack:', 'slack2:') AS BLOB)
    WHERE id = '{DENIED}'"""
OTHER_POLICY = """UPDATE audit SET body = CAST(replace(body, 'policy.yaml', 'other.yaml') AS BLOB)
    WHERE chain = ''"""


def bring_up(path: Path) -> None:
    """Put the store of 0.1.0 there, in the schema to which the service brings it."""
    path.write_bytes((KEPT / "stores" / "lived.db").read_bytes())
    open_sqlite(path, now=datetime.now(UTC)).close()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A store that 0.1.0 lived in, of this release by now, with a signer of receipts."""
    bring_up(tmp_path / "countersign.db")
    create_keys(tmp_path / "receipts.jwk", now=datetime.now(UTC), purpose=RECEIPTS)
    return environment(tmp_path, COUNTERSIGN_RECEIPT_SIGNER=f"file:{tmp_path / 'receipts.jwk'}")


@pytest.fixture
def checkpoint(env: dict[str, str], tmp_path: Path) -> Path:
    done = run("audit", "checkpoint", env=env)
    assert done.exit_code == 0, done.output
    (tmp_path / "checkpoint.jws").write_text(done.stdout)
    return tmp_path / "checkpoint.jws"


@pytest.fixture
def database(env: dict[str, str], tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "countersign.db", isolation_level=None)) as opened:
        opened.executescript("DROP TRIGGER audit_stays; DROP TRIGGER audit_kept;")
        yield opened


def test_what_0_1_0_stored_holds_and_is_counted_as_not_anchored(env: dict[str, str]) -> None:
    done = run("audit", "verify", env=env)

    assert (done.exit_code, done.output) == (0, "10 chains, 43 entries, 0 broken, 9 not anchored yet\n")


def test_one_of_a_kind_is_counted_as_one(tmp_path: Path) -> None:
    text, now = "version: 1", datetime.now(UTC)
    with closing(open_sqlite(tmp_path / "countersign.db", now=now)) as store:
        store.keep(StoredPolicy(digest=digest_of(text), text=text, source="policy.yaml", loaded_at=now))

    done = run("audit", "verify", env=environment(tmp_path))
    assert done.output == "1 chain, 1 entry, 0 broken, 0 not anchored yet\n"


def test_a_checkpoint_anchors_everything(env: dict[str, str], checkpoint: Path) -> None:
    done = run("audit", "verify", "--checkpoint", checkpoint, env=env)

    assert (done.exit_code, done.output) == (0, "10 chains, 44 entries, 0 broken, 0 not anchored yet\n")


def test_a_changed_record_is_named(env: dict[str, str], database: sqlite3.Connection) -> None:
    database.execute(
        "UPDATE requests SET body = CAST(replace(body, 'slack:', 'slack2:') AS BLOB) WHERE id = ?", (DENIED,)
    )
    done = run("audit", "verify", env=env)

    assert done.exit_code == 1
    assert f"broken: {DENIED}: its record has another account than its chain tells" in done.output
    assert ", 1 broken, " in done.output


def test_a_changed_record_gets_no_receipt(env: dict[str, str], database: sqlite3.Connection) -> None:
    assert run("receipt", "show", DENIED, env=env).exit_code == 0
    database.execute(
        "UPDATE requests SET body = CAST(replace(body, 'slack:', 'slack2:') AS BLOB) WHERE id = ?", (DENIED,)
    )
    done = run("receipt", "show", DENIED, env=env)

    assert (done.exit_code, "gets no receipt: its record has another account" in done.output) == (1, True)


def test_a_restore_of_a_changed_record_warns_by_name(
    env: dict[str, str], database: sqlite3.Connection, tmp_path: Path
) -> None:
    database.execute(
        "UPDATE requests SET body = CAST(replace(body, 'slack:', 'slack2:') AS BLOB) WHERE id = ?", (DENIED,)
    )
    run("store", "backup", tmp_path / "copy.db", env=env)
    database.close()
    done = run("store", "restore", tmp_path / "copy.db", "--replace", env=env)

    assert done.exit_code == 0
    assert f"warning: {DENIED}: its record has another account than its chain tells" in done.output


def test_a_request_that_is_gone_is_missed_by_its_anchor(
    env: dict[str, str], checkpoint: Path, database: sqlite3.Connection
) -> None:
    for table, column in (("audit", "chain"), ("filings", "request"), ("reviews", "request"), ("requests", "id")):
        database.execute(f"DELETE FROM {table} WHERE {column} = ?", (DENIED,))
    done = run("audit", "verify", env=env)

    assert done.exit_code == 1
    assert f"broken: {DENIED}: the request is missing" in done.output


def test_a_store_that_was_written_anew_without_its_anchors_is_found_by_the_checkpoint_alone(
    env: dict[str, str], checkpoint: Path, tmp_path: Path
) -> None:
    for path in tmp_path.glob("countersign.db*"):
        path.unlink()
    bring_up(tmp_path / "countersign.db")

    assert run("audit", "verify", env=env).exit_code == 0
    done = run("audit", "verify", "--checkpoint", checkpoint, env=env)
    assert done.exit_code == 1
    assert "broken: the installation: its chain was cut or written anew since the checkpoint of 20" in done.output


def test_a_checkpoint_that_was_changed_is_refused(env: dict[str, str], checkpoint: Path) -> None:
    head, body, signature = checkpoint.read_text().split(".")
    checkpoint.write_text(f"{head}.{body[:-4]}AAAA.{signature}")
    done = run("audit", "verify", "--checkpoint", checkpoint, env=env)

    assert (done.exit_code, "is no checkpoint of this store: its signature does not hold" in done.output) == (
        1,
        True,
    )


def test_a_receipt_is_no_checkpoint_and_a_checkpoint_no_receipt(env: dict[str, str], checkpoint: Path) -> None:
    receipt = checkpoint.with_name("receipt.jws")
    receipt.write_text(run("receipt", "show", DENIED, env=env).stdout)

    mistaken = run("audit", "verify", "--checkpoint", receipt, env=env)
    assert (mistaken.exit_code, "it is signed, but no checkpoint" in mistaken.output) == (1, True)
    assert "it is signed, but no receipt" in run("receipt", "verify", checkpoint, env=env).output


def test_a_checkpoint_of_another_installation_is_refused(
    env: dict[str, str], checkpoint: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "countersign.db")) as database:
        database.execute("UPDATE installation SET instance = 'other'")
        database.commit()
    done = run("audit", "verify", "--checkpoint", checkpoint, env=env)

    assert (done.exit_code, "it was made by countersign:58a9dd1fce" in done.output) == (1, True)


def test_keys_that_were_saved_elsewhere_verify_a_checkpoint(
    env: dict[str, str], checkpoint: Path, tmp_path: Path
) -> None:
    create_keys(tmp_path / "foreign.jwk", now=datetime.now(UTC), purpose=RECEIPTS)
    given = [tmp_path / "receipts.jwk", tmp_path / "foreign.jwk"]

    codes = [
        run("audit", "verify", "--checkpoint", checkpoint, "--keys", keys, env=env).exit_code for keys in given
    ]

    assert codes == [0, 1]


def test_without_a_signer_of_receipts_there_is_no_checkpoint(env: dict[str, str]) -> None:
    done = run("audit", "checkpoint", env=env | {"COUNTERSIGN_RECEIPT_SIGNER": ""})

    assert (done.exit_code, "COUNTERSIGN_RECEIPT_SIGNER is not set" in done.output) == (2, True)


def test_what_cannot_be_read_is_exit_code_two(env: dict[str, str], tmp_path: Path) -> None:
    assert run("audit", "verify", "--checkpoint", tmp_path / "none.jws", env=env).exit_code == 2


def test_a_broken_installation_gets_no_checkpoint(env: dict[str, str], database: sqlite3.Connection) -> None:
    database.execute(
        "UPDATE audit SET body = CAST(replace(body, 'policy.yaml', 'other.yaml') AS BLOB) WHERE chain = ''"
    )
    done = run("audit", "checkpoint", env=env)

    assert (done.exit_code, "does not hold" in done.output) == (1, True)


@pytest.mark.parametrize("command", ["verify", "export", "checkpoint"])
def test_a_store_that_fails_in_the_middle_ends_the_command_with_a_sentence(
    env: dict[str, str], tmp_path: Path, command: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "countersign.db")) as connection, connection:
        connection.execute("ALTER TABLE audit RENAME TO elsewhere")

    done = run("audit", command, env=env)

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("countersign: ")
