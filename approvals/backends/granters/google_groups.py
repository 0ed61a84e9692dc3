"""Memberships of groups in Google's directory (Cloud Identity API v1), which end by themselves.

https://cloud.google.com/identity/docs/how-to/manage-expirations. Memberships that expire need Workspace Enterprise
Standard or Plus, Education Standard or Plus, or Cloud Identity Premium. The service's account
needs to be a manager of the group, or a Groups Administrator of the organization.

A membership knows no etag. So each is read just before it is changed, and a change of somebody else's in between
those two calls is all that can be overwritten.
"""

import contextlib
import time
from collections.abc import Callable, Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from approvals.access.bindings import plain_address
from approvals.backends.granters.group_calls import GROUP, Talk
from approvals.ports.targets import (
    INSIDE,
    Binding,
    Forbidden,
    GranterError,
    Impossible,
    PolicyChanged,
    Snapshot,
    Unsure,
)
from approvals.refusals import reasons
from approvals.refusals.reasons import Reason
from approvals.targets import GROUPS, MEMBER

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest

SERVED = 3600.0
"""Seconds for which it is remembered that Google's edition has what memberships that expire are a part of."""

REMEMBERED = 300.0
"""Seconds for which it is remembered that Google refused this service to change who is in a group."""


class GoogleGroups:
    """A `Granter` of memberships, and a `Standing`. Each change is a call of its own, and keeps no other."""

    def __init__(self, *, base_url: str | None = None, seconds: Callable[[], float] = time.monotonic) -> None:
        """`base_url` leads to an emulator in place of Google. `seconds` go by as on a clock."""
        self._base_url = base_url
        self._seconds = seconds
        self._barred: dict[str, Forbidden] = {}
        self._refused: dict[str, tuple[float, Reason]] = {}
        self._served: dict[str, float] = {}

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        """Read who is directly in a group, and until when. The groups inside it are beside them (`INSIDE`)."""
        talk = self._talk(resource, timeout, reason)
        name = talk.name()
        listed = [*talk.members(name)]
        found = [each for each in listed if each.type != GROUP]
        return Snapshot(
            resource=resource,
            etag="",
            bindings=tuple(each.binding for each in found),
            raw={
                "name": name,
                "memberships": {each.binding.member: each.name for each in found},
                INSIDE: tuple(each.binding for each in listed if each.type == GROUP),
            },
        )

    def standing(self, group: str, person: str, *, timeout: float) -> str | None:
        """What a person's own membership of a group says, as a binding's expression; None: there is none.

        Raises a `GranterError`.
        """
        talk = self._talk(f"{GROUPS}{group}", timeout, "look")
        there = talk.of(talk.name(), person)
        return there.binding.expression if there is not None else None

    def examine(self, group: str, person: str, *, timeout: float) -> None:
        """Look whether memberships of a group expire at all, where that was not seen within the hour."""
        resource, now = f"{GROUPS}{group}", self._seconds()
        if now - self._served.get(resource, -SERVED) < SERVED:
            return
        talk = self._talk(resource, timeout, "look")
        if lacks := talk.lacks_edition(person):
            self._refused[resource] = now, reasons.reason("group.edition", group=talk.address)
        elif lacks is False:
            self._served[resource] = now
            if self.barred(talk.address) == reasons.reason("group.edition", group=talk.address):
                del self._refused[resource]

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

    def _talk(self, resource: str, timeout: float, reason: str) -> Talk:
        from approvals.backends.google_rest import seconds_left  # noqa: PLC0415

        return Talk(rest=self._rest, resource=resource, left=seconds_left(timeout), reason=reason)

    @cached_property
    def _rest(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        return Rest("cloudidentity", "v1", base_url=self._base_url)


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of one member, who has this membership by what was read."""

    membership: str | None
    old: tuple[Binding, ...]
    new: Binding | None


def _make(change: _Change, talk: Talk, *, group: str) -> None:
    name, new = change.membership, change.new
    if name is None:
        if new is not None:
            _create(new, talk, group=group)
        return
    if not change.old:
        raise Impossible(reasons.reason("group.held", group=talk.address))
    there = talk.membership(name)
    if there is None and new is None:
        _require_gone(change, talk, group=group)
        return
    if there is None or there.binding not in change.old:
        raise PolicyChanged(f"the membership {name} is another one by now")
    if new is None:
        if talk.unless_missing(lambda api: api.delete(name=name)) is None:
            _require_gone(change, talk, group=group)
        return
    # It goes on without a gap: only its end is another one.
    update = {"fieldMask": "expiry_detail.expire_time", "membershipRole": _role(new)}
    talk.call(lambda api: api.modifyMembershipRoles(name=name, body={"updateRolesParams": [update]}))


def _require_gone(change: _Change, talk: Talk, *, group: str) -> None:
    """Raise `PolicyChanged` where who was to go is in the group again, by a membership that somebody else made."""
    for address in {old.member.partition(":")[2] for old in change.old}:
        # Of what is not there Google may say that it may not be seen.
        with contextlib.suppress(Forbidden):
            if talk.of(group, address) is not None:
                raise PolicyChanged(f"{address} was let in again meanwhile")


def _create(new: Binding, talk: Talk, *, group: str) -> None:
    """Let somebody in, by the address that they are known by here. Under another one nobody would find them."""
    address = new.member.partition(":")[2]
    body = {"preferredMemberKey": {"id": address}, "roles": [_role(new)]}
    try:
        made = talk.call(lambda api: api.create(parent=group, body=body)).get("response") or {}
    except PolicyChanged:
        _require_same(new, talk, group=group)
        raise
    known = str((made.get("preferredMemberKey") or {}).get("id") or address)
    if plain_address(known) != address:
        talk.unless_missing(lambda api: api.delete(name=str(made.get("name"))))
        raise Impossible(reasons.reason("group.other", group=talk.address, person=known))


def _require_same(new: Binding, talk: Talk, *, group: str) -> None:
    """Raise `Impossible` where who cannot be let in is there by another address, which no list shows as theirs.

    What ends exactly when ours would is ours, whose answer never came: it is taken back, as nobody would find it.
    """
    address = new.member.partition(":")[2]
    there = talk.of(group, address)
    if there is None or (known := plain_address(there.preferred_member_key.id)) == address:
        return
    if there.binding.expression != new.expression:
        raise Impossible(reasons.reason("group.held", group=talk.address))
    talk.unless_missing(lambda api: api.delete(name=there.name))
    raise Impossible(reasons.reason("group.other", group=talk.address, person=known))


def _role(binding: Binding) -> dict[str, Any]:
    end = binding.expression.removeprefix("expires ")
    return {"name": MEMBER, "expiryDetail": {"expireTime": end}}
