"""Calls of Cloud Identity about one group and who is in it, and the shapes of what they answer."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from approvals.access.bindings import expires, member, plain_address
from approvals.backends.directories.cloud_identity import literal
from approvals.backends.granters.group_errors import NEEDED, SAID, Missing, failed, meaning
from approvals.ports.targets import Binding, Forbidden, GranterError, Impossible
from approvals.refusals import reasons
from approvals.targets import GROUPS, MEMBER
from approvals.times import whole_seconds
from countersign_client import shapes

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest

_Shape = TypeVar("_Shape")
_PAGE = 500

GROUP = "GROUP"
"""The type of a membership by which one group is inside another."""


_GroupName = Annotated[str, msgspec.Meta(pattern="^groups/[^/]+$")]
_MembershipName = Annotated[str, msgspec.Meta(pattern="^groups/[^/]+/memberships/[^/]+$")]


class _Group(msgspec.Struct, frozen=True):
    """A group that was looked up, as Google names it."""

    name: _GroupName


class _Sought(msgspec.Struct, frozen=True):
    """A membership that was looked up, as Google names it."""

    name: _MembershipName


class _Key(msgspec.Struct, frozen=True):
    id: str = ""


class _Expiry(msgspec.Struct, frozen=True, rename="camel"):
    expire_time: datetime | None = None


class _Role(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    expiry_detail: _Expiry = _Expiry()


class Membership(msgspec.Struct, frozen=True, rename="camel"):
    """What is used of a membership, in the shape that is documented."""

    name: _MembershipName
    preferred_member_key: _Key = _Key()
    roles: tuple[_Role, ...] = ()
    type: str = ""

    @property
    def binding(self) -> Binding:
        """As work on bindings knows it. Without an expression it does not end, or is more than a member's.

        The title then says what more.
        """
        until = self.roles[0].expiry_detail.expire_time if len(self.roles) == 1 else None
        plain = until is not None and self.roles[0].name == MEMBER
        address = plain_address(self.preferred_member_key.id)
        return Binding(
            role=MEMBER,
            member=f"group:{address}" if self.type == GROUP else member(address),
            title=next((role.name for role in self.roles if role.name not in ("", MEMBER)), ""),
            description="",
            expression=expires(whole_seconds(until.astimezone(UTC))) if plain and until is not None else "",
        )


_Named = TypeVar("_Named", _Sought, Membership)


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    memberships: tuple[Membership, ...] = ()
    next_page_token: str = ""


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """Calls about one group that share their time."""

    rest: "Rest"
    resource: str
    left: "Callable[[], float]"
    reason: str

    @property
    def address(self) -> str:
        return self.resource.removeprefix(GROUPS)

    def name(self) -> str:
        """The group as Google names it."""
        try:
            found = self._sent(lambda api: api.groups().lookup(groupKey_id=self.address))
        except (Forbidden, Impossible) as error:
            raise Forbidden(reasons.reason("group.hidden", group=self.address), needed=NEEDED) from error
        return self._read(found, _Group).name

    def members(self, name: str) -> Iterator[Membership]:
        token = ""
        while True:
            page = self._read(self.call(partial(_listed, name, token)), _Page)
            yield from (self._within(each, name) for each in page.memberships)
            token = page.next_page_token
            if not token:
                return

    def membership(self, name: str) -> Membership | None:
        found = self.unless_missing(lambda api: api.get(name=name))
        if found is None:
            return None
        there = self._read(found, Membership)
        if there.name != name:
            raise self._odd(f"{there.name} in the place of {name}")
        return there

    def of(self, name: str, address: str) -> Membership | None:
        """The membership of this group that belongs to an address, whichever of its owner's it is."""
        found = self.unless_missing(lambda api: api.lookup(parent=name, memberKey_id=address))
        return None if found is None else self.membership(self._within(self._read(found, _Sought), name).name)

    def lacks_edition(self, person: str) -> bool | None:
        """Whether Google's edition has no memberships that expire, as far as reading shows it; None: nobody knows.

        It answers transitive questions in the same editions. One is about the account of the group, and the other
        about that of the person: where both are refused, it is the edition or what this service may see.
        """
        query = f"member_key_id == {literal(person)}"
        try:
            name = self.name()
        except GranterError:
            return None
        asked: tuple[Callable[[Any], Any], ...] = (
            lambda api: api.searchTransitiveMemberships(parent=name, pageSize=1),
            lambda api: api.checkTransitiveMembership(parent=name, query=query),
        )
        try:
            return all(self._refuses(each) for each in asked)
        except GranterError:
            return None

    def _refuses(self, prepare: "Callable[[Any], Any]") -> bool:
        try:
            self.call(prepare)
        except Missing:
            raise
        except (Forbidden, Impossible):
            return True
        return False

    def call(self, prepare: "Callable[[Any], Any]") -> Mapping[str, Any]:
        """Make the call that `prepare` makes of the API of memberships. Raises a `GranterError`."""
        return self._sent(lambda api: prepare(api.groups().memberships()))

    def unless_missing(self, prepare: "Callable[[Any], Any]") -> Mapping[str, Any] | None:
        try:
            return self.call(prepare)
        except Missing:
            return None

    def _sent(self, prepare: "Callable[[Any], Any]") -> Mapping[str, Any]:
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        try:
            answer = self.rest.call(prepare, timeout=self.left(), reason=self.reason)
        except RestError as error:
            raise meaning(error, self.address) from error
        # A change is an operation; what it made is read back, whether it is done or not.
        if failure := answer.get("error"):
            raise meaning(failed(failure), self.address)
        return answer

    def _read(self, answer: Mapping[str, Any], shape: type[_Shape]) -> _Shape:
        try:
            return shapes.convert(answer, shape)
        except msgspec.ValidationError as error:
            raise self._odd(str(error)) from None

    def _within(self, found: _Named, group: str) -> _Named:
        """The same, if it is of this group: by its name it is changed and taken out."""
        if not found.name.startswith(f"{group}/"):
            raise self._odd(f"{found.name} is of another group than {group}")
        return found

    def _odd(self, said: str) -> Impossible:
        return Impossible(reasons.reason("google.shape", resource=self.resource, said=said[:SAID]))


def _listed(name: str, token: str, api: Any) -> Any:
    return api.list(parent=name, pageSize=_PAGE, pageToken=token, view="FULL")
