"""Where each record lies and which fields it has. Ids are unique, so that `create` refuses what is there."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from approvals.backends.stores import first_release
from approvals.backends.stores.contents import GuardRow
from approvals.backends.stores.records import (
    EntryRow,
    RequestRow,
    account_of,
    entitlement_of,
    micros,
    moment,
    read_all,
    retained_of,
)
from approvals.changes import Mark, ReviewKey
from approvals.ledgers.folding import is_old
from approvals.ports.store import OnResource, StoredPolicy

INSTALLATION = "installation/installation"
HEAD = "installation/chain"
"""The last entry of the installation's own chain."""

SCHEMA = 2
"""The schema that this release writes."""

COLLECTIONS = (
    "policies",
    "requests",
    "audit",
    "filings",
    "filers",
    "reviews",
    "work",
    "guards",
    "memory",
    "answers",
    "marks",
    "installation",
)
"""Every collection of a store."""


def request(request_id: str) -> str:
    return f"requests/{request_id}"


def request_fields(row: RequestRow) -> dict[str, Any]:
    """A request, beside which its account stands so that it is found by that. Written is not anchored yet."""
    fields = row._asdict() | {"holds": list(row.holds)}
    return fields | {"account": account_of(row.body), "anchored": False}


def brought_up(data: dict[str, Any]) -> dict[str, Any]:
    """The fields in which a request as 0.1.0 wrote it differs from one of this release; none of one of this."""
    if "resource" not in data or not first_release.is_of_it(data["body"]):
        return {}
    body = first_release.brought_up(data["id"], data["body"])
    if body == data["body"] and "holds" in data:
        return {}
    return {
        "body": body,
        "holds": [data["resource"]] if data["holding"] else [],
        "account": account_of(data["body"]),
        "entitlement": entitlement_of(data["body"]),
        "retained": "" if data["holding"] or data["state"] == "pending" else retained_of(data["body"]),
        "anchored": False,
    }


def listed(found: Iterable[dict[str, Any]]) -> OnResource:
    """Decode the requests of a list, also such as 0.1.0 wrote. What cannot be read is logged."""
    return read_all(map(listed_row, found))


def listed_row(data: dict[str, Any]) -> tuple[str, str, bytes]:
    """A request's id, requester and body."""
    return data["id"], data["requester"], (data | brought_up(data))["body"]


def request_row(data: dict[str, Any]) -> RequestRow:
    data = data | brought_up(data)
    row = RequestRow(**{name: data[name] for name in RequestRow._fields})
    return row._replace(holds=tuple(row.holds))


def entry(chain: str, seq: int) -> str:
    """Entries sort by their ids as they follow each other."""
    return f"audit/{chain}~{seq:08}"


def entry_fields(row: EntryRow) -> dict[str, Any]:
    return row._asdict()


def entry_row(data: dict[str, Any]) -> EntryRow:
    return EntryRow(**{name: data[name] for name in EntryRow._fields})


def filing(key: str) -> str:
    return f"filings/{_digest(key)}"


def filing_fields(key: str, request_id: str) -> dict[str, Any]:
    return {"key": key, "request": request_id}


def filer(whose: str) -> str:
    return f"filers/{_digest(whose)}"


def review(key: ReviewKey) -> str:
    """A first vote lies where 0.1.0, which knew no other, put it."""
    number = f"~{key.number}" if key.number > 1 else ""
    return f"reviews/{key.request}~{key.revision}~{_digest(key.person)}{number}"


def review_fields(key: ReviewKey) -> dict[str, Any]:
    return msgspec.structs.asdict(key)


def work(subject: str) -> str:
    return f"work/{_digest(subject)}"


def wake(subject: str, request_id: str) -> str:
    """Where a change of this request wakes a subject that it shares with others.

    It lies beside the subject's own document, found by the same fields; whoever takes the subject removes it.
    """
    return f"{work(subject)}~{request_id}"


FENCES = {"binding": "work/0.1.0", "request": "work/0.1.0~request"}
"""By kind of work what is due to every process of 0.1.0 before all else, and nothing that it can read.

So it takes up no work any more.
"""

FOLDED = b"folded"
"""The body of a subject of 0.1.0 whose ledger lies in that of its resource now: 0.1.0 cannot read it."""


def is_own(path: str, data: dict[str, Any]) -> bool:
    """It is a subject's own document: neither a wake, nor what 0.1.0 left, nor what fences it."""
    subject = data.get("subject", "")
    return path == work(subject) and not is_old(subject)


def of_work(subject: str) -> dict[str, Any]:
    """What a subject is found by, beside when it is due."""
    return {"subject": subject, "kind": subject.partition(":")[0]}


def memory(key: str) -> str:
    return f"memory/{_digest(key)}"


def answers(account: str) -> str:
    return f"answers/{_digest(account)}"


def mark(name: str) -> str:
    return f"marks/{_digest(name)}"


def mark_fields(mark: Mark) -> dict[str, Any]:
    return {"name": mark.name, "until": micros(mark.until), "body": mark.body}


def guard(name: str) -> str:
    return f"guards/{_digest(name)}"


def guard_row(data: dict[str, Any]) -> GuardRow:
    return GuardRow(**{name: data[name] for name in GuardRow._fields})


def policy(digest: str) -> str:
    return f"policies/{digest}"


def policy_fields(stored: StoredPolicy) -> dict[str, Any]:
    return msgspec.structs.asdict(stored) | {"loaded_at": micros(stored.loaded_at)}


def read_policy(data: dict[str, Any]) -> StoredPolicy:
    return StoredPolicy(**(data | {"loaded_at": moment(data["loaded_at"])}))


def _digest(text: str) -> str:
    """Any text as a document id, which may hold no slash and 1,500 bytes at most."""
    return hashlib.sha256(text.encode()).hexdigest()
