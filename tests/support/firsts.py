"""The stores that 0.1.0 left, with a request in every state: made by its own code, and kept as they were."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from approvals.backends.stores.firestore.database import Database, create

DATA = Path(__file__).parents[1] / "data"
CODE = DATA / "stores" / "approvals-0.1.0.zip"
"""Its own packages `approvals` and `countersign_client`, to be run beside this release."""

CLIENT = DATA / "receipts" / "countersign_client-0.1.0.zip"
KEYS = DATA / "receipts" / "receipts.jwk"
_SAID: dict[str, Any] = json.loads((DATA / "receipts" / "every-state.json").read_text())
ISSUER = f"countersign:{_SAID['instance']}"


class First(NamedTuple):
    """A request of such a store: its digest, and the receipt that 0.1.0 made of it (empty: it waits)."""

    request: str
    digest: str
    receipt: str


FIRSTS = {
    name: First(said["request"], said["digest"], said["receipt"] or "") for name, said in _SAID["requests"].items()
}
"""Its requests, by what had become of them."""


def sqlite_of_first_release(path: Path, *, name: str = "every-state") -> None:
    shutil.copy(DATA / "stores" / f"{name}.db", path)


def firestore_of_first_release(host: str, project: str, *, name: str = "every-state") -> None:
    documents = json.loads((DATA / "stores" / f"{name}-firestore.json").read_text())
    database = Database(project, "(default)", emulator_host=host)
    database.commit([create(path, _fields(data)) for path, data in documents.items()])
    database.close()


def _fields(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64decode(value["bytes"]) if isinstance(value, dict) else value
        for name, value in data.items()
    }
