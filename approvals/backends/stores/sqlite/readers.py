"""Connections that only read: one for each thread that reads at the moment, kept for the next."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.sqlite.files import connect, in_words

P = ParamSpec("P")
R = TypeVar("R")


class Readers:
    """Lends a connection to whoever reads; one that nobody needs waits for the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._gate = threading.Lock()
        self._open = True

    def read(self, read: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **named: P.kwargs) -> R:
        """Read by a lent connection. Raises `StoreError` when the file cannot be read or the store is closed."""
        try:
            connection = self._take()
            try:
                return read(connection, *args, **named)
            finally:
                self._give(connection)
        except (sqlite3.Error, OSError) as error:
            raise in_words(error, self._path) from error

    def close(self) -> None:
        """Close what is idle now, and what is lent when it comes back."""
        with self._gate:
            self._open = False
            while self._idle:
                self._idle.pop().close()

    def _take(self) -> sqlite3.Connection:
        with self._gate:
            if not self._open:
                raise StoreError(f"{self._path}: the store is closed")
            if self._idle:
                return self._idle.pop()
        connection = connect(self._path)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _give(self, connection: sqlite3.Connection) -> None:
        with self._gate:
            if self._open:
                self._idle.append(connection)
                return
        connection.close()
