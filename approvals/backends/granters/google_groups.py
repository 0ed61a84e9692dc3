"""Memberships of groups in Google's directory (Cloud Identity API v1), which end by themselves.

https://cloud.google.com/identity/docs/how-to/manage-expirations. Memberships that expire need Workspace Enterprise
Standard or Plus, Education Standard or Plus, or Cloud Identity Premium. The service's account
needs to be a manager of the group, or a Groups Administrator of the organization.

A membership knows no etag. So each is read just before it is changed, and a change of somebody else's in between
those two calls is all that can be overwritten.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from approvals import reasons
from approvals.backends.granters.group_errors import NEEDED, SAID, Missing, failed, meaning
from approvals.bindings import expires, member
from approvals.ports.targets import Binding, Forbidden, GranterError, Impossible, PolicyChanged, Snapshot, Unsure
from approvals.reasons import Reason
from approvals.targets import GROUPS, MEMBER
from approvals.times import whole_seconds
from countersign_client import shapes

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest

_Shape = TypeVar("_Shape")
_PAGE = 500

REMEMBERED = 300.0
"""Seconds for which it is remembered that Google refused this service to change who is in a group."""


class _Key(msgspec.Struct, frozen=True):
    id: str = ""


class _Expiry(msgspec.Struct, frozen=True, rename="camel"):
    expire_time: datetime | None = None


class _Role(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    expiry_detail: _Expiry = _Expiry()


class Membership(msgspec.Struct, frozen=True, rename="camel"):
    """What is used of a membership, in the shape that is documented."""

    name: str
    preferred_member_key: _Key = _Key()
    roles: tuple[_Role, ...] = ()
    type: str = ""

    @property
    def binding(self) -> Binding:
        """As work on bindings knows it. Without an expression it does not end, or is more than a member's."""
        until = self.roles[0].expiry_detail.expire_time if len(self.roles) == 1 else None
        plain = until is not None and self.roles[0].name == MEMBER
        return Binding(
            role=MEMBER,
            member=member(self.preferred_member_key.id.lower()),
            title="",
            description="",
            expression=expires(whole_seconds(until.astimezone(UTC))) if plain and until is not None else "",
        )


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    memberships: tuple[Membership, ...] = ()
    next_page_token: str = ""


class GoogleGroups:
    """A `Granter` of memberships, and a `Standing`. Each change is a call of its own, and keeps no other."""

    def __init__(self, *, base_url: str | None = None, seconds: Callable[[], float] = time.monotonic) -> None:
        """`base_url` leads to an emulator in place of Google. `seconds` go by as on a clock."""
        self._base_url = base_url
        self._seconds = seconds
        self._barred: dict[str, Forbidden] = {}
        self._refused: dict[str, tuple[float, Reason]] = {}

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        """Read who is directly in a group, and until when."""
        talk = self._talk(resource, timeout, reason)
        name = talk.name()
        found = [each for each in talk.members(name) if each.type != "GROUP"]
        return Snapshot(
            resource=resource,
            etag="",
            bindings=tuple(each.binding for each in found),
            raw={"name": name, "memberships": {each.binding.member: each.name for each in found}},
        )

    def standing(self, group: str, person: str, *, timeout: float) -> str | None:
        """What a person's own membership of a group says, as a binding's expression; None: there is none.

        Raises a `GranterError`.
        """
        talk = self._talk(f"{GROUPS}{group}", timeout, "look")
        name = talk.name()
        found = talk.unless_missing(lambda api: api.lookup(parent=name, memberKey_id=person))
        there = talk.membership(str(found.get("name"))) if found is not None else None
        return there.binding.expression if there is not None else None

    def barred(self, group: str) -> Reason | None:
        """What Google last said of changes in this group, where it refused them and that is not long ago."""
        at, why = self._refused.get(f"{GROUPS}{group}", (0.0, None))
        return why if self._seconds() - at <= REMEMBERED else None

    def write(
        self,
        snapshot: Snapshot,
        *,
        remove: Collection[Binding],
        add: Collection[Binding],
        timeout: float,
        reason: str,
    ) -> None:
        """Make each member's change. All of them are tried; what is raised is what leaves most open.

        A write of nothing has no effect, and raises what forbade the last one: then it is the group that cannot be
        written, and nobody who is to be in it.
        """
        if not add and not remove:
            if barred := self._barred.pop(snapshot.resource, None):
                raise barred
            return
        talk, failed = self._talk(snapshot.resource, timeout, reason), list[GranterError]()
        for who in dict.fromkeys(each.member for each in (*remove, *add)):
            change = _Change(
                membership=snapshot.raw["memberships"].get(who),
                old=tuple(each for each in remove if each.member == who),
                new=next((each for each in add if each.member == who), None),
            )
            try:
                _make(change, talk, group=snapshot.raw["name"])
            except GranterError as error:
                failed.append(error)
        self._raise(failed, snapshot.resource)

    def _raise(self, failed: Collection[GranterError], resource: str) -> None:
        self._refused.pop(resource, None)
        for found in failed:
            if isinstance(found, Forbidden):
                self._barred[resource] = found
                self._refused[resource] = self._seconds(), found.reason
        for kind in (Unsure, PolicyChanged, Forbidden, GranterError):
            for found in failed:
                if isinstance(found, kind):
                    raise found

    def _talk(self, resource: str, timeout: float, reason: str) -> "_Talk":
        from approvals.backends.google_rest import seconds_left  # noqa: PLC0415

        return _Talk(rest=self._rest, resource=resource, left=seconds_left(timeout), reason=reason)

    @cached_property
    def _rest(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        return Rest("cloudidentity", "v1", base_url=self._base_url)


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of one member, who has this membership by what was read."""

    membership: str | None
    old: tuple[Binding, ...]
    new: Binding | None


def _make(change: _Change, talk: "_Talk", *, group: str) -> None:
    name, new = change.membership, change.new
    if name is None:
        if new is not None:
            _create(new, talk, group=group)
        return
    if not change.old:
        raise Impossible(reasons.reason("group.held", group=talk.address))
    there = talk.membership(name)
    if there is None and new is None:
        return
    if there is None or there.binding not in change.old:
        raise PolicyChanged(f"the membership {name} is another one by now")
    if new is None:
        talk.unless_missing(lambda api: api.delete(name=name))
        return
    # It goes on without a gap: only its end is another one.
    update = {"fieldMask": "expiry_detail.expire_time", "membershipRole": _role(new)}
    talk.call(lambda api: api.modifyMembershipRoles(name=name, body={"updateRolesParams": [update]}))


def _create(new: Binding, talk: "_Talk", *, group: str) -> None:
    """Let somebody in, by the address that they are known by here. Under another one nobody would find them."""
    address = new.member.partition(":")[2]
    body = {"preferredMemberKey": {"id": address}, "roles": [_role(new)]}
    try:
        made = talk.call(lambda api: api.create(parent=group, body=body)).get("response") or {}
    except PolicyChanged:
        _require_same(new, talk, group=group)
        raise
    known = str((made.get("preferredMemberKey") or {}).get("id") or address)
    if known.lower() != address:
        talk.unless_missing(lambda api: api.delete(name=str(made.get("name"))))
        raise Impossible(reasons.reason("group.other", group=talk.address, person=known))


def _require_same(new: Binding, talk: "_Talk", *, group: str) -> None:
    """Raise `Impossible` where who cannot be let in is there by another address, which no list shows as theirs.

    What ends exactly when ours would is ours, whose answer never came: it is taken back, as nobody would find it.
    """
    address = new.member.partition(":")[2]
    found = talk.unless_missing(lambda api: api.lookup(parent=group, memberKey_id=address))
    there = talk.membership(str(found["name"])) if found is not None else None
    if there is None or (known := there.preferred_member_key.id.lower()) == address:
        return
    if there.binding.expression != new.expression:
        raise Impossible(reasons.reason("group.held", group=talk.address))
    talk.unless_missing(lambda api: api.delete(name=there.name))
    raise Impossible(reasons.reason("group.other", group=talk.address, person=known))


class _Talk(msgspec.Struct, frozen=True, kw_only=True):
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
        return str(found["name"])

    def members(self, name: str) -> Iterator[Membership]:
        token = ""
        while True:
            page = self._read(self.call(partial(_listed, name, token)), _Page)
            yield from page.memberships
            token = page.next_page_token
            if not token:
                return

    def membership(self, name: str) -> Membership | None:
        found = self.unless_missing(lambda api: api.get(name=name))
        return None if found is None else self._read(found, Membership)

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
            said = str(error)[:SAID]
            raise Impossible(reasons.reason("google.shape", resource=self.resource, said=said)) from None


def _listed(name: str, token: str, api: Any) -> Any:
    return api.list(parent=name, pageSize=_PAGE, pageToken=token, view="FULL")


def _role(binding: Binding) -> dict[str, Any]:
    end = binding.expression.removeprefix("expires ")
    return {"name": MEMBER, "expiryDetail": {"expireTime": end}}
