"""What concerns the installation as a whole, in documents: who it is, and which policy was good last."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from approvals.backends.stores.errors import StoreError
from approvals.backends.stores.firestore import audit, documents
from approvals.backends.stores.firestore.database import Database, Document, Write, change, create, merge
from approvals.backends.stores.firestore.failures import Disturbed
from approvals.backends.stores.firestore.upgrades import upgrade
from approvals.backends.stores.guarding import require_before
from approvals.backends.stores.records import LOADED, loading, micros, moment
from approvals.chaining import SERVICE
from approvals.ports.store import Installation, StoredPolicy
from countersign_client.chain import START


def installation(database: Database, *, now: datetime) -> Installation:
    """Read who the installation is, making it in an empty database.

    Raises `StoreError` when a newer release has written there, or when a copy into it broke off.
    """
    return database.settle(lambda: _installation(database, now))


def _installation(database: Database, now: datetime) -> Installation:
    stored = database.one(documents.INSTALLATION)
    if stored is None:
        _make(database, now)
        raise Disturbed("the installation was made")
    refuse(database, stored)
    if stored.data["schema"] < documents.SCHEMA:
        upgrade(database, stored.data["schema"])
        return _installation(database, now)
    data = stored.data
    return Installation(
        instance=data["instance"],
        generation=data["generation"],
        schema=data["schema"],
        created=moment(data["created"]),
    )


def _make(database: Database, now: datetime) -> None:
    made = {
        "instance": secrets.token_hex(5),
        "generation": secrets.token_hex(8),
        "schema": documents.SCHEMA,
        "created": micros(now),
        "policy": None,
        "copying": False,
    }
    database.commit([create(documents.INSTALLATION, made), create(documents.HEAD, {"seq": 0, "head": START})])


def refuse(database: Database, stored: Document) -> None:
    """Raises `StoreError` when this release cannot use what is there."""
    data: dict[str, Any] = stored.data
    if data["copying"]:
        raise StoreError(
            f"{database.place} holds a copy that broke off: run `countersign store copy` into it again"
        )
    if data["schema"] > documents.SCHEMA:
        raise StoreError(
            f"{database.place} has schema {data['schema']}, and this release knows schemas up to"
            f" {documents.SCHEMA}: start the newer release again"
        )


def keep(database: Database, policy: StoredPolicy, instead_of: str | None, also: Sequence[Write] = ()) -> None:
    """Store a policy under its digest, point at it as the last good one, and tell it in the chain.

    `also` is written by the same commit.
    """

    def beside() -> Sequence[Write]:
        stored = database.one(documents.INSTALLATION)
        require_before(None if stored is None else stored.data["policy"], instead_of)
        fields = {"policy": policy.digest}
        return [
            merge(documents.policy(policy.digest), documents.policy_fields(policy)),
            merge(documents.INSTALLATION, fields) if stored is None else change(stored, fields),
            *also,
        ]

    audit.Appending(
        database,
        at=policy.loaded_at,
        actor=SERVICE,
        action=LOADED,
        detail=loading(policy),
        beside=beside,
    ).run()


def last_good(database: Database) -> StoredPolicy | None:
    stored = database.one(documents.INSTALLATION)
    if stored is None or stored.data["policy"] is None:
        return None
    kept = database.one(documents.policy(stored.data["policy"]))
    return None if kept is None else documents.read_policy(kept.data)
