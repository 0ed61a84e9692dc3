"""Every way to change one thing in what a store holds."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from approvals.times import rfc3339

OTHERS: dict[str, tuple[str, ...]] = {
    "state": (
        "pending",
        "approved",
        "denied",
        "withdrawn",
        "expired",
        "used",
        "lapsed",
        "activating",
        "active",
        "ended",
        "revoked",
    ),
    "outcome": ("approved", "denied", "withdrawn", "expired"),
    "verdict": ("approve", "deny", "take_back"),
    "kind": ("stages", "self", "allow", "auto", "break_glass", "iam", "group", "none", "action"),
    "order": ("", "any"),
    "means": ("chat", "web"),
    "sign": ("", "typed"),
    "proven": ("token", "iap", "asserted"),
    "type": ("string", "money", "number", "time", "secret"),
    "cause": ("time", "person", "holder", "outside", "bundle", "left", "restored"),
}
"""Members that hold one of a few words: each is changed into each other one, so that what results can be read."""

_TYPED = {"digest": "sha256:" + "0" * 64, "salt": "s", "text": "t"}
_TERMS = {
    "entitlement": "logs",
    "title": "Read logs",
    "targets": [{"kind": "iam", "resource": "projects/p", "roles": ["roles/viewer"], "condition": ""}],
    "duration": "PT1H",
    "justification": _TYPED,
    "expires": "2026-11-22T10:00:00Z",
    "requirement": {"kind": "self"},
    "policy": "sha256:" + "0" * 64,
}
MISSING: dict[str, Any] = {
    "erased": "2026-12-25T10:00:00Z",
    "comment": _TYPED,
    "account_name": _TYPED,
    "attestation": {"printed_name": _TYPED, "meaning": _TYPED},
    "closed_at": "2026-11-22T10:00:00Z",
    "why": _TYPED,
    "began": "2026-11-22T10:00:00Z",
    "decision": {"outcome": "approved", "at": "2026-11-22T10:00:00Z", "by": ["bob@example.com"]},
    "auth_time": "2026-11-22T10:00:00Z",
    "expires": "2026-11-22T10:00:00Z",
    "read_at": "2026-11-22T10:00:00Z",
    "start": "2026-11-22T10:00:00Z",
    "finding": {
        "at": "2026-11-22T10:00:00Z",
        "by": "bob@example.com",
        "justified": True,
        "why": _TYPED,
        "channel": "slack",
        "account": "slack:T0123ABCD/U0B0B",
    },
    "after_review": {"by": ["user:bob@example.com"], "due": "2026-11-25T10:00:00Z"},
    "counter": {
        "by": "bob@example.com",
        "at": "2026-11-22T10:00:00Z",
        "account": "slack:T0123ABCD/U0B0B",
        "channel": "slack",
        "revision": 2,
        "terms": _TERMS,
        "covered": "{}",
        "digest": "sha256:" + "0" * 64,
    },
    "confirmed": {"at": "2026-11-22T10:00:00Z", "account": "slack:T0123ABCD/U0A11CE00"},
    "person": {"principal": "carol@example.com", "proven": "token"},
    "used": {"at": "2026-11-22T10:00:00Z", "by": "payments", "key": "k"},
    "lapsed": {"at": "2026-11-22T10:00:00Z"},
    # Of terms, which offer it, and of a request, which opened it.
    "window": ({"lasts": "PT1800S", "uses": 20}, {"until": "2026-11-22T10:30:00Z", "uses": 20}),
    "within": {"request": "r-0000000009", "digest": "sha256:" + "0" * 64, "number": 2},
    "grant": {
        "state": "active",
        "window": {"start": "2026-11-22T10:00:00Z", "end": "2026-11-22T11:00:00Z"},
    },
}
"""What stands where nothing stood."""


def changed(value: Any, name: str) -> Iterator[Any]:
    """Other values for one that is stored under a name, of the same type where that can be."""
    if value is None:
        found = MISSING[name]
        yield from found if isinstance(found, tuple) else (found,)
    elif isinstance(value, bool):
        yield not value
    elif name in OTHERS and value in OTHERS[name]:
        yield from (other for other in OTHERS[name] if other != value)
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield _other_text(value)
    elif isinstance(value, list):
        yield [*value, value[-1] if value else "bob@example.com"]
        if value:
            yield value[:-1]


def _other_text(value: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", value):
        return rfc3339(datetime.fromisoformat(value).astimezone(UTC) + timedelta(hours=1))
    if duration := re.fullmatch(r"PT(\d+)S", value):
        return f"PT{int(duration[1]) + 60}S"
    if value.startswith("sha256:"):
        return "sha256:" + "f" * 64
    return value + "x"


def members(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of everything that a JSON value holds, down to the last text and number."""
    if path:
        yield path
    if isinstance(body, dict):
        for name, each in body.items():
            yield from members(each, (*path, name))
    elif isinstance(body, list):
        for index, each in enumerate(body):
            yield from members(each, (*path, index))


def tampered(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The name of each member of a stored body, and the body with that member changed, in each way."""
    whole = json.loads(body)
    for path in members(whole):
        name = next((part for part in reversed(path) if isinstance(part, str)), "")
        value = _at(whole, path)
        if isinstance(value, dict):
            if name in MISSING:
                yield named(path), _with(whole, path, None)
            continue
        for other in changed(value, name):
            yield named(path), _with(whole, path, other)


def named(path: tuple[str | int, ...]) -> str:
    """`reviews.person`: one name for the same member of each item of a list."""
    return ".".join(part for part in path if isinstance(part, str))


def _at(whole: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        whole = whole[part]
    return whole


def _with(whole: Any, path: tuple[str | int, ...], value: Any) -> bytes:
    copy = json.loads(json.dumps(whole))
    _at(copy, path[:-1])[path[-1]] = value
    return json.dumps(copy).encode()
