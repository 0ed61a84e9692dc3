"""Make the small store file of this release that the migration tests open: `python -m tools.store_file PATH`.

It is run once, when a release changes the schema, and what it made is kept for good under `tests/data/stores/`.
"""

import sys
from datetime import timedelta
from pathlib import Path

from approvals.backends.stores.sqlite import open_sqlite
from approvals.backends.stores.sqlite.backups import backup
from approvals.ids import binding_subject, request_subject
from approvals.ports.store import Store, StoredPolicy
from tests.support.builders import NOW, RESOURCE, filed, following, grant, review, review_key


def main(target: Path) -> None:
    """Fill a store with one of each kind, and keep it as one file."""
    working = target.with_name(target.name + ".working")
    store = open_sqlite(working, now=NOW)
    _fill(store)
    store.close()
    backup(working, target)
    for path in target.parent.glob(working.name + "*"):
        path.unlink()


def _fill(store: Store) -> None:
    store.keep(StoredPolicy(digest="sha256:1", text="v: 1\n", source="policy.yaml", loaded_at=NOW))
    store.append(at=NOW, actor="system", action="policy_loaded", detail={"digest": "sha256:1"})
    pending = request_subject("r-pending000")
    store.create(filed("r-pending000", wake=(pending,), due=NOW + timedelta(hours=8)), key="view V1")
    record = store.create(filed("r-granted000"), key="view V2")
    approved = following(
        record,
        action="approved",
        key=review_key(record),
        reviews=(review(),),
        state="approved",
        grant=grant("active"),
        wake=(request_subject(record.id), binding_subject(RESOURCE)),
    )
    store.commit(approved)
    lease = store.lease(request_subject(record.id), owner="one", now=NOW, until=NOW + timedelta(seconds=30))
    if lease:
        store.save(lease, b'{"drawn":2}')


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
