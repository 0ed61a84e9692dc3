"""Groups of Google Workspace and Cloud Identity (Cloud Identity API v1).

Transitive membership needs Workspace Enterprise or Cloud Identity Premium; other editions answer 403, and there
every group inside a group is listed by itself. The service's account needs the Groups Reader administrator role.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

from approvals.backends.shaped import shaped
from approvals.refusals.errors import NotFound, Refused, Unavailable
from countersign_client.patterns import Pattern

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest


_NOT_IN_THIS_EDITION = (400, 403)
"""How Google answers a transitive question where it does not serve them."""

_DYNAMIC = "cloudidentity.googleapis.com/groups.dynamic"
"""The label of a group whose members a query says."""

Unjoinable = Literal["", "dynamic", "edition"]

_GROUP = Pattern(r"groups/[^/]+")
_PAGE = 200

WALKED = 25
"""Groups that are listed for one question at most, each with a call or more."""


class CloudIdentity:
    """A `Directory` that also lists. `base_url` leads to an emulator in place of Google."""

    def __init__(self, *, base_url: str | None = None) -> None:
        self._base_url = base_url

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        """Ask Google, in two calls that share the time, or in one more a group where it has to be walked.

        Raises `NotFound` also when Google forbids the look-up: it says the same of a group that is missing.
        """
        from approvals.backends.google_rest import RestError, seconds_left  # noqa: PLC0415

        left = seconds_left(timeout)
        name = self.name(group, timeout=left())
        query = f"member_key_id == {literal(person)}"
        try:
            answer = self._rest.call(
                lambda api: api.groups().memberships().checkTransitiveMembership(parent=name, query=query),
                timeout=left(),
            )
        except RestError as error:
            if error.code in _NOT_IN_THIS_EDITION:
                return any(person.lower() in found for found in self._walked(group, name, left))
            raise _unknown(group, error) from error
        # What is false is left out of an answer. What is neither says nothing, and so not that they are not in it.
        if not isinstance(said := answer.get("hasMembership", False), bool):
            raise Unavailable(_odd(group))
        return said

    def members(self, group: str, *, most: int, timeout: float) -> frozenset[str]:
        """List everybody in a group, those of the groups inside it as well.

        Raises `Unavailable`, `NotFound`, or `Refused` with code `unlisted`.
        """
        from approvals.backends.google_rest import RestError, seconds_left  # noqa: PLC0415

        left = seconds_left(timeout)
        name = self.name(group, timeout=left())
        try:
            pages = self._pages(partial(_transitive, name), left)
            with shaped(_odd(group)):
                return _at_most(most, (_people(page) for page in pages), group)
        except RestError as error:
            if error.code not in _NOT_IN_THIS_EDITION:
                raise _unknown(group, error) from error
        return _at_most(most, self._walked(group, name, left), group)

    def _walked(self, group: str, name: str, left: Callable[[], float]) -> Iterator[frozenset[str]]:
        """The people of a group and of every group inside it, a page at a time; each group is listed once.

        Raises `Unavailable` where one of them cannot be listed: who is in it may be anybody.
        """
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        seen, waiting = {name}, [name]
        try:
            while waiting:
                for page in self._pages(partial(_direct, waiting.pop(0)), left):
                    with shaped(_odd(group)):
                        people, groups = _people(page), _groups(page)
                    yield people
                    inside = [self.name(each, timeout=left()) for each in groups]
                    fresh = [each for each in dict.fromkeys(inside) if each not in seen]
                    seen.update(fresh)
                    waiting += fresh
                if len(seen) > WALKED:
                    raise Unavailable(f"{group} has more than {WALKED} groups inside, which are not all looked at")
        except (RestError, NotFound) as error:
            raise _unknown(group, error) from error

    def _pages(self, page: Callable[[str, Any], Any], left: Callable[[], float]) -> Iterator[Mapping[str, Any]]:
        token = ""
        while True:
            answer = self._rest.call(partial(page, token), timeout=left())
            yield answer
            token = str(answer.get("nextPageToken") or "")
            if not token:
                return

    def unjoinable(self, group: str, *, timeout: float) -> Unjoinable:
        """Why nobody can be let into a group for a time, as far as reading shows that; empty: nothing is seen.

        Memberships expire in the editions that answer transitive questions. Raises `NotFound` or `Unavailable`.
        """
        from approvals.backends.google_rest import RestError, seconds_left  # noqa: PLC0415

        left = seconds_left(timeout)
        name = self.name(group, timeout=left())
        try:
            found = self._rest.call(lambda api: api.groups().get(name=name), timeout=left())
            with shaped(_odd(group)):
                if _DYNAMIC in (found.get("labels") or ()):
                    return "dynamic"
            self._rest.call(partial(_transitive, name, ""), timeout=left())
        except RestError as error:
            if error.code in _NOT_IN_THIS_EDITION:
                return "edition"
            raise _unknown(group, error) from error
        return ""

    def name(self, group: str, *, timeout: float) -> str:
        """Return the resource name of a group. Raises `NotFound` or `Unavailable`."""
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        try:
            found = self._rest.call(lambda api: api.groups().lookup(groupKey_id=group), timeout=timeout)
        except RestError as error:
            if error.code in (403, 404):
                raise NotFound(f"There is no group {group} that this service may see: {error}") from error
            raise Unavailable(f"The group {group} cannot be looked up now: {error}") from error
        if (name := _GROUP.fullmatch(str(found.get("name")))) is None:
            raise Unavailable(_odd(group))
        return name[0]

    @cached_property
    def _rest(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        return Rest("cloudidentity", "v1", base_url=self._base_url)


def _transitive(name: str, token: str, api: Any) -> Any:
    return api.groups().memberships().searchTransitiveMemberships(parent=name, pageSize=_PAGE, pageToken=token)


def _direct(name: str, token: str, api: Any) -> Any:
    return api.groups().memberships().list(parent=name, pageSize=_PAGE, pageToken=token, view="FULL")


def _unknown(group: str, error: Exception) -> Unavailable:
    return Unavailable(f"The members of {group} cannot be known now: {error}")


def _odd(group: str) -> str:
    return f"Google gave an answer about {group} of a shape that is not documented"


def _at_most(most: int, found: Iterable[frozenset[str]], group: str) -> frozenset[str]:
    """All of them. Raises `Refused` as soon as there are more than `most`."""
    people: set[str] = set()
    for some in found:
        people |= some
        if len(people) > most:
            raise Refused("unlisted", group=group, most=most)
    return frozenset(people)


def _people(page: Mapping[str, Any]) -> frozenset[str]:
    """The addresses of the people on a page of either answer."""
    return frozenset(
        address for each in page.get("memberships") or () if not _is_group(each) for address in _addresses(each)
    )


def _groups(page: Mapping[str, Any]) -> list[str]:
    """The addresses of the groups on a page of a group's own members."""
    found = [each for each in page.get("memberships") or () if _is_group(each)]
    return [address for each in found for address in _addresses(each)]


def _is_group(membership: Mapping[str, Any]) -> bool:
    return membership.get("type") == "GROUP" or str(membership.get("member", "")).startswith("groups/")


def _addresses(membership: Mapping[str, Any]) -> Iterator[str]:
    keys = membership.get("preferredMemberKey") or ()
    for key in [keys] if isinstance(keys, Mapping) else keys:
        yield str(key.get("id", "")).lower()


def literal(text: str) -> str:
    """Return a CEL string; an address may hold a quotation mark, and must not end the string with it."""
    return json.dumps(text) if "'" in text or "\\" in text else f"'{text}'"
