"""The directory of users of Google Workspace (Admin SDK, Directory API): who is suspended or archived.

https://developers.google.com/workspace/admin/directory/reference/rest/v1/users
"""

import threading
from typing import Any

import msgspec

from sandbox.google.errors import GoogleError


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody by their primary address, found by aliases as well."""

    email: str
    aliases: tuple[str, ...] = ()
    suspended: bool = False
    archived: bool = False


class Users:
    """All users of one customer. `readable`: the caller holds an administrator's role that may read users."""

    def __init__(self) -> None:
        self.readable = False
        self._lock = threading.Lock()
        self._users: dict[str, User] = {}

    def set(self, email: str, **changes: Any) -> None:
        """Make somebody, or change them."""
        with self._lock:
            known = self._users.get(email, User(email=email))
            self._users[email] = msgspec.structs.replace(known, **changes)

    def delete(self, email: str) -> None:
        with self._lock:
            del self._users[email]

    def get(self, key: str) -> dict[str, Any]:
        """Describe somebody by an address, as an administrator sees them. Raises `GoogleError`."""
        if not self.readable:
            raise GoogleError(403, "Not Authorized to access this resource/API")
        with self._lock:
            for number, user in enumerate(self._users.values(), start=1):
                if key.lower() in (user.email, *user.aliases):
                    return _described(user, f"{number:021}")
        raise GoogleError(404, "Resource Not Found: userKey")


def _described(user: User, number: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "kind": "admin#directory#user",
        "id": number,
        "primaryEmail": user.email,
        "suspended": user.suspended,
        "archived": user.archived,
        "customerId": "C00sandbox",
    }
    if user.suspended:
        described["suspensionReason"] = "ADMIN"
    return described | ({"aliases": list(user.aliases)} if user.aliases else {})
