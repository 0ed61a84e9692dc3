"""How this process saw documents last. A commit holds on to that by when it was, and so reads nothing for it.

Whatever is remembered may be old: then the commit is refused, nothing is written, and what stands is read.
"""

import threading
from datetime import datetime
from typing import Any, Generic, TypeVar

from approvals.backends.stores.firestore import documents
from approvals.backends.stores.firestore.database import Document

V = TypeVar("V")

NOTED = 1024
"""So many are remembered at most: then all are forgotten, which costs reads and nothing else."""


class Known(Generic[V]):
    """Something by name, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[str, V] = {}

    def note(self, name: str, value: V) -> None:
        with self._lock:
            if len(self._noted) >= NOTED:
                self._noted.clear()
            self._noted[name] = value

    def of(self, name: str) -> V | None:
        with self._lock:
            return self._noted.get(name)

    def once(self, name: str) -> V | None:
        """What is known, and is forgotten by that."""
        with self._lock:
            return self._noted.pop(name, None)


class Tails:
    """Of requests that were read or written here: their version, the tail of their chain, and when that was."""

    def __init__(self) -> None:
        self._known: Known[Document] = Known()

    def note(self, data: dict[str, Any], seen: datetime) -> None:
        tail = {name: data.get(name) for name in ("version", "seq", "head")}
        self._known.note(data["id"], Document(documents.request(data["id"]), tail, seen))

    def of(self, request_id: str) -> Document | None:
        """As much of its document as a commit compares; None where it was not seen here."""
        return self._known.of(request_id)
