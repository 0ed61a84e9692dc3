"""Guards in documents: read in a transaction by whoever holds on to them, and written by what moves them alone."""

from collections.abc import Sequence
from datetime import datetime

from approvals.backends.stores.firestore import documents
from approvals.backends.stores.firestore.database import Database, Document, Write, change, create
from approvals.backends.stores.firestore.failures import Disturbed
from approvals.backends.stores.guarding import require_guards, require_seen
from approvals.guards import Guard, Guarded, GuardFailed, Seen
from approvals.refusals.errors import Conflict


def commit(
    database: Database, writes: Sequence[Write], guards: Sequence[Guard], seen: Sequence[Seen] = ()
) -> Sequence[datetime]:
    """Write everything while all guards hold and others are as they were seen, or nothing; return what commits do.

    Raises `GuardFailed`, or `Disturbed` as commits do.
    """
    if not guards and not seen:
        return database.commit(writes)
    paths = [documents.guard(guard.name) for guard in guards]
    transaction, found = database.hold([*paths, *(documents.request(each.request) for each in seen)])
    fields = [each.data for each in found if each is not None]
    try:
        require_guards(guards, {each["name"]: each["value"] for each in fields if "name" in each})
        require_seen(seen, {each["id"]: each["version"] for each in fields if "version" in each})
        return database.commit(writes, within=transaction)
    except (GuardFailed, Disturbed):
        database.let_go(transaction)
        raise


def guarded(database: Database, name: str) -> Guarded:
    return _guarded(database.one(documents.guard(name)))


def together(database: Database, names: Sequence[str]) -> tuple[Guarded, ...]:
    return tuple(map(_guarded, database.get(*map(documents.guard, names))))


def moving(database: Database, guard: Guard, body: bytes, steps: int) -> Write:
    """The write that moves a guard on. Raises `Conflict` where it stands elsewhere than is named."""
    path = documents.guard(guard.name)
    stored = database.one(path)
    if _guarded(stored).value != guard.value:
        raise Conflict(f"the guard {guard.name} has moved on")
    fields = {"name": guard.name, "value": guard.value + steps, "body": body}
    return create(path, fields) if stored is None else change(stored, fields)


def _guarded(stored: Document | None) -> Guarded:
    return Guarded() if stored is None else Guarded(value=stored.data["value"], body=stored.data["body"])
