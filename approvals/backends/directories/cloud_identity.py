"""Groups of Google Workspace and Cloud Identity (Cloud Identity API v1).

Transitive membership needs Workspace Enterprise or Cloud Identity Premium; other editions answer 403. The
service's account needs the Groups Reader administrator role.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from approvals.errors import NotFound, Refused, Unavailable

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest


_FORBIDDEN = 403
_PAGE = 200


class CloudIdentity:
    """A `Directory` that also lists. `base_url` leads to an emulator in place of Google."""

    def __init__(self, *, base_url: str | None = None) -> None:
        self._base_url = base_url

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        """Ask Google, in two calls that share the time.

        Raises `NotFound` also when Google forbids the look-up: it says the same of a group that is missing.
        """
        from approvals.backends.google_rest import RestError, seconds_left  # noqa: PLC0415

        left = seconds_left(timeout)
        name = self.name(group, timeout=left())
        query = f"member_key_id == {_literal(person)}"
        try:
            answer = self._rest.call(
                lambda api: api.groups().memberships().checkTransitiveMembership(parent=name, query=query),
                timeout=left(),
            )
        except RestError as error:
            raise Unavailable(f"The members of {group} cannot be known now: {error}") from error
        return answer.get("hasMembership") is True

    def members(self, group: str, *, most: int, timeout: float) -> frozenset[str]:
        """List everybody in a group; where the edition lists no nested groups, a group that has none.

        Raises `Unavailable`, `NotFound`, or `Refused` with code `unlisted`.
        """
        from approvals.backends.google_rest import RestError, seconds_left  # noqa: PLC0415

        left = seconds_left(timeout)
        name = self.name(group, timeout=left())
        try:
            try:
                return self._listed(group, partial(_transitive, name), most=most, left=left)
            except RestError as error:
                if error.code != _FORBIDDEN:
                    raise
            return self._listed(group, partial(_direct, name), most=most, left=left)
        except RestError as error:
            raise Unavailable(f"The members of {group} cannot be known now: {error}") from error

    def _listed(
        self, group: str, page: Callable[[str, Any], Any], *, most: int, left: Callable[[], float]
    ) -> frozenset[str]:
        found: set[str] = set()
        token = ""
        while True:
            answer = self._rest.call(partial(page, token), timeout=left())
            for membership in answer.get("memberships") or ():
                found.update(address.lower() for address in _addresses(membership))
            token = str(answer.get("nextPageToken") or "")
            if len(found) > most or (token and len(found) == most):
                raise Refused("unlisted", group=group, most=most)
            if not token:
                return frozenset(found)

    def name(self, group: str, *, timeout: float) -> str:
        """Return the resource name of a group. Raises `NotFound` or `Unavailable`."""
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        try:
            found = self._rest.call(lambda api: api.groups().lookup(groupKey_id=group), timeout=timeout)
        except RestError as error:
            if error.code in (403, 404):
                raise NotFound(f"There is no group {group} that this service may see: {error}") from error
            raise Unavailable(f"The group {group} cannot be looked up now: {error}") from error
        return str(found["name"])

    @cached_property
    def _rest(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        return Rest("cloudidentity", "v1", base_url=self._base_url)


def _transitive(name: str, token: str, api: Any) -> Any:
    return api.groups().memberships().searchTransitiveMemberships(parent=name, pageSize=_PAGE, pageToken=token)


def _direct(name: str, token: str, api: Any) -> Any:
    return api.groups().memberships().list(parent=name, pageSize=_PAGE, pageToken=token, view="FULL")


def _addresses(membership: Mapping[str, Any]) -> Iterator[str]:
    """The person's address, out of either answer; of a nested group's members the transitive one tells itself.

    Raises `Refused` for a nested group in a direct one: its members are not in the answer.
    """
    if membership.get("type") == "GROUP":
        raise Refused("unlisted.inside")
    if str(membership.get("member", "")).startswith("groups/"):
        return
    keys = membership.get("preferredMemberKey") or ()
    for key in [keys] if isinstance(keys, Mapping) else keys:
        yield str(key.get("id", ""))


def _literal(text: str) -> str:
    """Return a CEL string; an address may hold a quotation mark, and must not end the string with it."""
    return json.dumps(text) if "'" in text or "\\" in text else f"'{text}'"
