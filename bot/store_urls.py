"""Where the store is: `sqlite:///PATH` or `firestore://PROJECT/DATABASE`."""

import re
from pathlib import Path

import msgspec

from countersign_client.patterns import Pattern

# Project ids may carry a domain; a database is `(default)` or named
# (https://cloud.google.com/firestore/docs/manage-databases).
_FIRESTORE = Pattern(
    r"firestore://((?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9])/(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])"
)


class SqliteUrl(msgspec.Struct, frozen=True, tag="sqlite"):
    """A file of this machine."""

    path: Path

    def __str__(self) -> str:
        return f"sqlite:///{self.path}"


class FirestoreUrl(msgspec.Struct, frozen=True, tag="firestore"):
    """A database of Cloud Firestore in native mode."""

    project: str
    database: str

    def __str__(self) -> str:
        return f"firestore://{self.project}/{self.database}"


StoreUrl = SqliteUrl | FirestoreUrl


def store(text: str) -> StoreUrl:
    """Read where the store is. Raises `ValueError` with half a sentence."""
    if text.startswith("firestore:"):
        found = _FIRESTORE.fullmatch(text)
        if found is None:
            raise ValueError(
                "it is no firestore://PROJECT/DATABASE. Set one such as firestore://my-project/(default)"
            )
        return FirestoreUrl(*found.groups())
    path = text.removeprefix("sqlite:///")
    if path == text or not path or path.endswith("/") or path.startswith(":") or "?" in path:
        raise ValueError(
            "it is neither sqlite:///PATH nor firestore://PROJECT/DATABASE."
            " Set one such as sqlite:///data/countersign.db"
        )
    return SqliteUrl(Path(path))


def emulator(text: str) -> str:
    """Read `HOST:PORT` of a Firestore emulator. Raises `ValueError` with half a sentence."""
    if not re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]{1,5}|\[[0-9a-f:]+\]:[0-9]{1,5}", text):
        raise ValueError("it is no HOST:PORT. Set one such as 127.0.0.1:8787")
    return text
