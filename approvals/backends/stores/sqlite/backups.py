"""Backups of a store, and the way back from one."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.records import micros, read_request
from approvals.backends.stores.sqlite import audit, files, freezes, installation, schema, work
from approvals.backends.stores.sqlite.whole import check_database, check_records, disagreements
from approvals.freezes.frozen import Frozen
from approvals.ports.store import Installation
from approvals.subjects import subjects

_KEPT = ".before-restore"


def backup(source: Path, target: Path) -> None:
    """Copy a store, in use or not, into one new file (https://sqlite.org/backup.html).

    Raises `StoreError` when the source is no whole store or the target exists; then no file is left.
    """
    source, target = files.resolved(source), files.resolved(target)
    _refuse(target, exists=True)
    with files.told(target), files.draft(target) as temporary:
        _copy(source, temporary)
        with closing(files.connect(temporary)) as copy:
            schema.check(copy, source)
            check_database(copy, source)
        _publish(temporary, target)


def restore(
    source: Path,
    target: Path,
    *,
    actor: str,
    now: datetime,
    warn: Callable[[str], object],
    replace: bool = False,
    frozen: Frozen | None = None,
) -> Installation:
    """Make a store of a backup; every token that was issued before dies with the old generation.

    All pending requests and all grants that may stand are due at once, so that they are checked against what is
    outside. `replace` keeps a store that is there beside it as `NAME.before-restore`; `frozen` is what of
    that one is frozen, which is kept. `warn` is told by name of what does not agree with its audit chain, and is
    restored as it is. Raises `StoreError` when the backup is not whole, when the target exists and is not to be
    replaced, when that one is frozen and `frozen` does not know it, or while a service has it open.
    """
    source, target = files.resolved(source), files.resolved(target)
    _refuse(target, exists=not replace)
    with files.told(target), files.draft(target) as temporary:
        _copy(source, temporary)
        with closing(files.connect(temporary)) as copy:
            schema.migrate(copy, target)
            check_database(copy, source)
            check_records(copy, source)
            for fault in disagreements(copy):
                warn(f"{fault.chain or 'the installation'}: {fault.text}")
            restored = _begin_anew(copy, actor=actor, now=now)
            if frozen is not None:
                freezes.keep(copy, frozen, actor=actor, now=now)
            copy.execute("PRAGMA journal_mode = WAL")
        if replace:
            _replace(temporary, target, frozen=frozen)
        else:
            _publish(temporary, target)
    return restored


def _refuse(target: Path, *, exists: bool) -> None:
    if not target.parent.is_dir():
        raise StoreError(f"the directory {target.parent} does not exist: make it, or name another file")
    if exists and (there := [path for path in (target, *files.strays(target)) if path.exists()]):
        raise StoreError(f"{there[0]} exists and is not replaced: name another file, or move it away")


def _copy(source: Path, temporary: Path) -> None:
    if not source.is_file():
        raise StoreError(f"{source} does not exist: name the file of a store")
    with files.told(source), closing(files.connect(source)) as original, closing(files.connect(temporary)) as copy:
        schema.check(original, source)
        original.backup(copy)
        # One file that can be carried away: no log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")


def _publish(temporary: Path, target: Path) -> None:
    try:
        files.publish(temporary, target)
    except FileExistsError:
        raise StoreError(f"{target} exists and is not replaced: name another file, or move it away") from None


def _replace(temporary: Path, target: Path, *, frozen: Frozen | None) -> None:
    kept = target.with_name(target.name + _KEPT)
    _refuse(kept, exists=True)
    with _held(target) as old:
        if frozen is None and old is not None and freezes.is_frozen(old):
            raise StoreError(f"{target} was frozen meanwhile, and nothing was restored: run the same again")
        if target.exists():
            kept.hardlink_to(target)
        for stray in files.strays(target):
            stray.rename(stray.with_name(stray.name.replace(target.name, kept.name)))
        files.sync(temporary)
        temporary.replace(target)
        files.sync(target.parent)


@contextmanager
def _held(target: Path) -> Iterator[sqlite3.Connection | None]:
    """Keep a store that is about to be replaced from being opened, its log folded into it.

    Raises `StoreError` while anybody has it open: they would go on writing to a file that nobody reads any more.
    """
    if not target.exists():
        yield None
        return
    with closing(sqlite3.connect(target, timeout=0, isolation_level=None)) as old:
        try:
            # Leaving WAL mode needs to be alone with the file (https://sqlite.org/pragma.html#pragma_journal_mode).
            old.execute("PRAGMA journal_mode = DELETE")
            old.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise StoreError(f"{target} is in use: stop the service first") from None
            # A damaged file is what a restore is for: it is kept as it is, with what lies beside it.
        yield old


def _begin_anew(connection: sqlite3.Connection, *, actor: str, now: datetime) -> Installation:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE installation SET generation = ?", (schema.new_generation(),))
    connection.execute("UPDATE subjects SET owner = NULL, lease_until = NULL, woken = NULL")
    _wake_all(connection, micros(now))
    restored = installation.installation(connection)
    audit.append(connection, at=now, actor=actor, action="restored", detail={"generation": restored.generation})
    connection.execute("COMMIT")
    return restored


def _wake_all(connection: sqlite3.Connection, due: int) -> None:
    found = connection.execute("SELECT body FROM requests WHERE state = 'pending' OR holding = 1")
    for (body,) in found.fetchall():
        for subject in subjects(read_request(body)):
            work.wake(connection, subject, due)
