"""Whose turn it is to write, when several processes share one file.

SQLite's own waiting backs off to 100 ms, and a busy writer then starves the others for seconds. So a writer first
takes the turn (a lock on a file beside), keeps it while it waits for the write lock, and gives it back once it
writes: whoever has just written queues behind the one that waits.
"""

import fcntl
import os
import sqlite3
import time
from pathlib import Path

from approvals.backends.stores.sqlite.files import TIMEOUT
from approvals.refusals.errors import Unavailable

_PAUSE = 0.001  # seconds between two tries


class WriteLock:
    """The turn to write to one file, which each process of it takes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = os.open(path.with_name(path.name + "-turn"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    def begin(self, connection: sqlite3.Connection) -> None:
        """Open a write transaction. Raises `Unavailable` when others have not let go in `TIMEOUT` seconds."""
        deadline = time.monotonic() + TIMEOUT
        while not self._take():
            self._pause(deadline)
        try:
            while not _begun(connection):
                self._pause(deadline)
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._handle)

    def _take(self) -> bool:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _pause(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise Unavailable(f"{self._path}: another process has held the store for too long")
        time.sleep(_PAUSE)


def _begun(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith("SQLITE_BUSY"):
            return False
        raise
    return True
