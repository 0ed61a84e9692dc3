"""The directory of users of Google Workspace (Admin SDK, Directory API): who is suspended, archived or deleted.

https://developers.google.com/workspace/admin/directory/reference/rest/v1/users
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import msgspec

from sandbox.google.errors import GoogleError

CUSTOMER = "C00sandbox"
KEPT = 20 * 24 * 3600.0
"""Seconds for which a deleted user can be restored, and is listed."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody by their primary address, found by aliases as well. `deleted`: when, in seconds since 1970."""

    email: str
    number: str
    aliases: tuple[str, ...] = ()
    suspended: bool = False
    archived: bool = False
    deleted: float | None = None


class Users:
    """All users of one customer. `readable`: the caller holds an administrator's role that may read users."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """`clock` tells the seconds since 1970."""
        self.readable = False
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._users: dict[str, User] = {}
        self._deleted: list[User] = []

    def set(self, email: str, **changes: Any) -> None:
        """Make somebody, or change them."""
        with self._lock:
            known = self._users.get(email) or User(email=email, number=f"{next(self._numbers):021}")
            self._users[email] = msgspec.structs.replace(known, **changes)

    def delete(self, email: str) -> None:
        """Delete somebody: their address is free at once."""
        with self._lock:
            gone = self._users.pop(email)
            self._deleted.append(msgspec.structs.replace(gone, deleted=self._clock()))

    def undelete(self, email: str) -> None:
        """Restore whoever was deleted last under this address."""
        with self._lock:
            gone = next(each for each in reversed(self._deleted) if each.email == email)
            self._deleted.remove(gone)
            self._users[email] = msgspec.structs.replace(gone, deleted=None)

    def get(self, key: str) -> dict[str, Any]:
        """Describe somebody by an address, as an administrator sees them. Raises `GoogleError`."""
        self._require_readable()
        with self._lock:
            for user in self._users.values():
                if key.lower() in (user.email, *user.aliases):
                    return _described(user)
        raise GoogleError(404, "Resource Not Found: userKey")

    def list(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the users of a domain or the customer, or of those who were deleted. Raises `GoogleError`."""
        self._require_readable()
        place = query.get("domain") or query.get("customer")
        if not place:
            raise GoogleError(400, "Bad Request")
        wanted = self._deleted_lately() if query.get("showDeleted") == "true" else tuple(self._users.values())
        with self._lock:
            everybody = (*self._users.values(), *self._deleted)
        if "domain" in query and not any(_is_of(each, place) for each in everybody):
            raise GoogleError(404, "Domain not found.")
        if "domain" not in query and place != CUSTOMER:
            raise GoogleError(404, "Resource Not Found: customer")
        size, start = int(query.get("maxResults") or 100), _place(query.get("pageToken") or "0", len(wanted))
        held = sorted((each for each in wanted if place == CUSTOMER or _is_of(each, place)), key=_by_address)
        page: dict[str, Any] = {"kind": "admin#directory#users"}
        # Of nobody there is no member.
        page |= {"users": users} if (users := [_described(each) for each in held[start : start + size]]) else {}
        return page | ({"nextPageToken": str(start + size)} if start + size < len(held) else {})

    def _deleted_lately(self) -> tuple[User, ...]:
        with self._lock:
            return tuple(each for each in self._deleted if self._clock() - (each.deleted or 0) < KEPT)

    def _require_readable(self) -> None:
        if not self.readable:
            raise GoogleError(403, "Not Authorized to access this resource/API")


def _is_of(user: User, domain: str) -> bool:
    return user.email.endswith(f"@{domain.lower()}")


def _by_address(user: User) -> str:
    return user.email


def _place(token: str, most: int) -> int:
    if not token.isdecimal() or int(token) > most:
        raise GoogleError(400, "Invalid Input: pageToken")
    return int(token)


def _described(user: User) -> dict[str, Any]:
    described: dict[str, Any] = {
        "kind": "admin#directory#user",
        "id": user.number,
        "primaryEmail": user.email,
        "suspended": user.suspended,
        "archived": user.archived,
        "customerId": CUSTOMER,
    }
    if user.suspended:
        described["suspensionReason"] = "ADMIN"
    if user.deleted is not None:
        described["deletionTime"] = datetime.fromtimestamp(user.deleted, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return described | ({"aliases": list(user.aliases)} if user.aliases else {})
