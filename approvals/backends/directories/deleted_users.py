"""Whom a domain of Google Workspace deleted lately (Admin SDK, Directory API, `users.list` with `showDeleted`).

Google names those of the last 20 days, each with the time of the deletion. Who is not named may be anybody.
https://developers.google.com/workspace/admin/directory/v1/guides/manage-users
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

FRESH = 50.0
"""Seconds for which a list is good: less than lie between two looks at the same people."""

_FIELDS = "nextPageToken,users(primaryEmail,deletionTime)"
_SIZE = 500
"""The most that Google puts on a page."""

_MOST_PAGES = 200
_MOST_DOMAINS = 100
_REFUSED = (400, 403, 404)


class Ask(Protocol):
    """Makes one call of the Directory API. Raises `RestError`."""

    def __call__(self, prepare: Callable[[Any], Any], /, *, timeout: float) -> Mapping[str, Any]: ...


class DeletedUsers:
    """Lists of deleted users, one for each domain: so nobody has to know the customer's id."""

    def __init__(self, ask: Ask, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds."""
        self._ask = ask
        self._clock = clock
        self._lists: dict[str, _Listing] = {}

    def when(self, person: str, *, left: Callable[[], float]) -> datetime | None:
        """When the account of this address was deleted last, as far as the list of its domain says.

        A list that is too long for the seconds that are `left` is read on by the next look. One that Google does
        not give names nobody, and is not asked for again at once. Raises `RestError`.
        """
        domain = person.rpartition("@")[2]
        found = self._lists.get(domain)
        if found is None or (found.whole and self._clock() - found.read > FRESH):
            found = self._begun(domain)
        while not found.whole:
            self._read_on(found, left())
        return found.people.get(person)

    def _begun(self, domain: str) -> "_Listing":
        if len(self._lists) >= _MOST_DOMAINS:
            self._lists.clear()
        self._lists[domain] = _Listing(domain, self._clock())
        return self._lists[domain]

    def _read_on(self, found: "_Listing", timeout: float) -> None:
        from approvals.backends.google_rest import RestError  # noqa: PLC0415 - loaded with the first call

        try:
            found.add(self._ask(found.page, timeout=timeout), now=self._clock())
        except RestError as error:
            if error.code in _REFUSED and found.token:
                # A place in a list that Google does not know any more: the next look begins anew.
                del self._lists[found.domain]
            elif error.code in _REFUSED:
                found.whole = True
            raise


class _Listing:
    """The deleted users of one domain, as far as they were read. `token` is where the next page begins.

    Its age counts from its last page, `read`: one that takes several looks serves everybody once it is whole.
    """

    def __init__(self, domain: str, read: float) -> None:
        self.domain = domain
        self.read = read
        self.token = ""
        self.whole = False
        self.people: dict[str, datetime] = {}
        self._pages = 0

    def page(self, api: Any) -> Any:
        """The call that reads on."""
        return api.users().list(
            domain=self.domain,
            showDeleted="true",
            projection="basic",
            maxResults=_SIZE,
            pageToken=self.token or None,
            fields=_FIELDS,
        )

    def add(self, answer: Mapping[str, Any], *, now: float) -> None:
        """Take a page. Whoever has no time of a deletion was not said to be deleted."""
        users = answer.get("users")
        for user in users if isinstance(users, list) else ():
            if not isinstance(user, dict):
                continue
            address, moment = str(user.get("primaryEmail") or "").lower(), _moment(user.get("deletionTime"))
            if address and moment is not None:
                self.people[address] = max(moment, self.people.get(address, moment))
        self.read = now
        self._pages += 1
        self.token = str(answer.get("nextPageToken") or "")
        self.whole = not self.token or self._pages == _MOST_PAGES


def _moment(said: object) -> datetime | None:
    """A time of RFC 3339 with its zone; None for anything else."""
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
