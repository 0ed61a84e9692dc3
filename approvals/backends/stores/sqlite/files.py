"""The store's file: opened with the right pragmas, made whole or not at all, its errors said in words."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.sqlite import schema
from approvals.refusals.errors import CountersignError, Unavailable

TIMEOUT = 5.0
"""Seconds that a writer or a reader waits for other processes on the same file."""

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file in WAL mode (https://sqlite.org/wal.html)."""

_CHECKPOINT = 1000  # pages; SQLite's own default, named because a commit that checkpoints is the slow one


def connect(path: Path) -> sqlite3.Connection:
    """Open an existing file: durable commits, foreign keys, no transaction that nobody began."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=TIMEOUT, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What is overwritten or removed is made zeros, so that no text is left in pages that nothing uses.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
    except BaseException:
        connection.close()
        raise
    return connection


def scrub(path: Path) -> bool:
    """Empty the log, where pages stand as they were before; say whether nobody's reading kept it from that.

    (https://sqlite.org/pragma.html#pragma_wal_checkpoint)
    """
    with told(path), closing(connect(path)) as connection:
        # It would keep writers waiting for as long as it waits itself.
        connection.execute("PRAGMA busy_timeout = 0")
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint (TRUNCATE)").fetchone()
    return not busy


def resolved(path: Path) -> Path:
    """The file that a path leads to. Raises `StoreError` when its links lead in a circle."""
    found = Path(os.path.realpath(path))
    if found.is_symlink():
        raise StoreError(f"{path}: its symbolic links lead in a circle: name a file")
    return found


def prepare(path: Path, *, now: datetime) -> None:
    """Make the file if there is none, else check and migrate it, and put it in WAL mode.

    Raises `StoreError` when it cannot be used; nothing is left half made.
    """
    with told(path):
        _refuse_unusable(path)
        if not path.exists():
            _make(path, now=now)
        connection = connect(path)
        try:
            schema.migrate(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def _refuse_unusable(path: Path) -> None:
    if not path.parent.is_dir():
        raise StoreError(
            f"the directory {path.parent} does not exist: make it, or name another place for the store"
        )
    if path.is_dir():
        raise StoreError(f"{path} is a directory: name a file for the store")
    if not path.exists() and (stray := strays(path)):
        raise StoreError(
            f"{stray[0]} lies there without its database: put {path.name} back beside it, or move it away"
        )
    if path.exists() and path.stat().st_size == 0:
        raise StoreError(f"{path} is empty: remove it to have a new store made, or restore a backup")


def strays(path: Path) -> list[Path]:
    """Name what a database left beside itself: SQLite would play it into whatever takes its place."""
    return [beside for suffix in BESIDE if (beside := path.with_name(path.name + suffix)).exists()]


def _make(path: Path, *, now: datetime) -> None:
    with draft(path) as temporary:
        connection = connect(temporary)
        try:
            schema.create(connection, now=now)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        # Another process may have made it first: then that one is the store.
        with suppress(FileExistsError):
            publish(temporary, path)


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Give an empty file beside `path`, readable by its owner alone, which is gone afterwards."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield temporary
    finally:
        for suffix in ("", "-journal", *BESIDE):
            temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name, durably. Raises `FileExistsError` rather than replace another."""
    sync(temporary)
    path.hardlink_to(temporary)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into our errors."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise in_words(error, path) from error


_OS_MEND = "see that the directory can be written by this account and has room"


def in_words(error: sqlite3.Error | OSError, path: Path) -> CountersignError:
    """Say what an error means for whoever runs the service (https://sqlite.org/rescode.html)."""
    if isinstance(error, OSError):
        return StoreError(f"{error.filename or path}: {error.strerror}: {_OS_MEND}")
    name = getattr(error, "sqlite_errorname", "")
    for prefixes, text in _MEND.items():
        if name.startswith(prefixes):
            return StoreError(f"{path}: {text}")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Unavailable(f"{path}: another process has held the store for too long")
    return StoreError(f"{path}: {error}")


_MEND = {
    ("SQLITE_FULL",): "the disk is full, nothing of this was kept: make room",
    ("SQLITE_IOERR",): "the disk did not take or give the data, nothing of this was kept: check the disk",
    ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"): (
        "cannot be written: give this account the right to write the file and its directory"
    ),
    ("SQLITE_CORRUPT", "SQLITE_NOTADB"): "is damaged or no SQLite database: restore a backup",
}
