"""The embedded store: SQLite from the standard library, one file, one machine."""

from approvals.backends.stores.sqlite.backups import backup, restore
from approvals.backends.stores.sqlite.freezes import frozen_in
from approvals.backends.stores.sqlite.store import SqliteStore, open_sqlite

__all__ = ["SqliteStore", "backup", "frozen_in", "open_sqlite", "restore"]
