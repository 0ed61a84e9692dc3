"""The freeze of a file that is about to be replaced, which the file in its place keeps."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from approvals import freezing
from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.records import moving
from approvals.backends.stores.sqlite import audit, files, guards
from approvals.epochs import EPOCH, Epoch, Move
from approvals.guards import Guard


def frozen_in(path: Path) -> Epoch | None:
    """The freeze of a store; None where it is not frozen, or there is none. Raises `StoreError`."""
    path = files.resolved(path)
    if not path.is_file():
        return None
    try:
        with closing(files.connect(path)) as connection:
            epoch = _epoch(connection)
    except sqlite3.Error as error:
        raise StoreError(f"whether {path} is frozen cannot be read: {error}") from error
    return epoch if epoch.frozen else None


def is_frozen(connection: sqlite3.Connection) -> bool:
    """Whether an open store is frozen. A damaged one, in which that cannot be read, is not."""
    try:
        return _epoch(connection).frozen
    except sqlite3.Error:
        return False


def keep(connection: sqlite3.Connection, epoch: Epoch, *, actor: str, now: datetime) -> None:
    """Freeze a store that took the place of a frozen one, and tell it in its chain, unless it is frozen itself."""
    mine = _epoch(connection)
    if mine.frozen:
        return
    move = Move(by=actor, at=now, why=epoch.last.why)
    guard = Guard(name=EPOCH, value=max(epoch.number, mine.number + 1) - 1)
    connection.execute("BEGIN IMMEDIATE")
    guards.put(connection, EPOCH, value=guard.value + 1, body=msgspec.json.encode(move))
    detail = moving(guard, freezing.told(move))
    audit.append(connection, at=now, actor=actor, action=freezing.FROZEN, detail=detail)
    connection.execute("COMMIT")


def _epoch(connection: sqlite3.Connection) -> Epoch:
    """A file of an older release has no such table, and was never frozen."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'guards'").fetchone():
        return Epoch()
    return freezing.epoch_of(guards.guarded(connection, EPOCH))
