"""The embedded store: SQLite from the standard library, one file, one machine."""

from approvals.backends.stores.sqlite.store import SqliteStore, open_sqlite

__all__ = ["SqliteStore", "open_sqlite"]
