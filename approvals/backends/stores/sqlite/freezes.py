"""What of a file is frozen that is about to be replaced, which the file in its place keeps."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.guarding import moving
from approvals.backends.stores.sqlite import audit, files, guards
from approvals.epochs import EPOCH, Epoch, Move
from approvals.freezes import freezing, parting
from approvals.freezes.frozen import Frozen
from approvals.guards import Guard
from approvals.parts import PARTS, Part, Parts, parts_of


def frozen_in(path: Path) -> Frozen | None:
    """What of a store is frozen; None where nothing is, or there is none. Raises `StoreError`."""
    path = files.resolved(path)
    if not path.is_file():
        return None
    try:
        with closing(files.connect(path)) as connection:
            found = _frozen(connection)
    except sqlite3.Error as error:
        raise StoreError(f"whether {path} is frozen cannot be read: {error}") from error
    if found.parts.damaged:
        raise StoreError(f"what of {path} is frozen cannot be read")
    return found or None


def is_frozen(connection: sqlite3.Connection) -> bool:
    """Whether anything of an open store is frozen. A damaged one, in which that cannot be read, is not."""
    try:
        return bool(_frozen(connection))
    except sqlite3.Error:
        return False


def keep(connection: sqlite3.Connection, frozen: Frozen, *, actor: str, now: datetime) -> None:
    """Freeze in a store what was frozen of the one whose place it took, and tell it in its chain."""
    mine = _frozen(connection)
    if frozen.epoch.frozen and not mine.epoch.frozen:
        _freeze(connection, frozen.epoch, mine.epoch, actor=actor, now=now)
    have = {(each.kind, each.name) for each in mine.parts.parts}
    for part in frozen.parts.parts:
        if (part.kind, part.name) not in have:
            _freeze_part(connection, msgspec.structs.replace(part, by=actor, at=now), actor=actor, now=now)


def _freeze(connection: sqlite3.Connection, epoch: Epoch, mine: Epoch, *, actor: str, now: datetime) -> None:
    move = Move(by=actor, at=now, why=epoch.last.why)
    guard = Guard(name=EPOCH, value=max(epoch.number, mine.number + 1) - 1)
    connection.execute("BEGIN IMMEDIATE")
    guards.put(connection, EPOCH, value=guard.value + 1, body=msgspec.json.encode(move))
    detail = moving(guard, freezing.told(move))
    audit.append(connection, at=now, actor=actor, action=freezing.FROZEN, detail=detail)
    connection.execute("COMMIT")


def _freeze_part(connection: sqlite3.Connection, part: Part, *, actor: str, now: datetime) -> None:
    mine = _frozen(connection).parts
    connection.execute("BEGIN IMMEDIATE")
    guards.put(connection, PARTS, value=mine.number + 1, body=msgspec.json.encode((*mine.parts, part)))
    detail = moving(mine.guard, parting.told(part))
    audit.append(connection, at=now, actor=actor, action=parting.FROZEN, detail=detail)
    connection.execute("COMMIT")


def _frozen(connection: sqlite3.Connection) -> Frozen:
    """A file of an older release has no such table, and was never frozen."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'guards'").fetchone():
        return Frozen(Epoch(), Parts())
    epoch = freezing.epoch_of(guards.guarded(connection, EPOCH))
    return Frozen(epoch, parts_of(guards.guarded(connection, PARTS)))
