"""Groups of a directory (Cloud Identity API v1): who is in them, and until when.

https://cloud.google.com/identity/docs/reference/rest/v1/groups.memberships
"""

import base64
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import msgspec

from sandbox.google.errors import GoogleError, invalid

_MASK = "expiry_detail.expire_time"


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """One member of one group; `until`: the seconds since 1970 at which it ends, `roles` what they are besides."""

    number: int
    member: str
    until: float | None = None
    roles: tuple[str, ...] = ()


class Groups:
    """All groups. `premium`: the edition answers transitive questions, and lets memberships expire.

    `writable`: the caller holds an administrator's role that changes members. A query fills `dynamic` groups.
    `aliases` are addresses of people by which they are found, and not known.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` tells the seconds since 1970."""
        self.premium = True
        self.writable = True
        self.dynamic: set[str] = set()
        self.aliases: dict[str, str] = {}
        self.now = clock
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._groups: dict[str, dict[str, Membership]] = {}

    def set(self, address: str, members: Iterable[str]) -> None:
        """Make a group or replace its members: addresses of people or of other groups, who stay."""
        with self._lock:
            found = dict.fromkeys(member.lower() for member in members)
            self._groups[address.lower()] = {
                member: Membership(number=next(self._numbers), member=member) for member in found
            }

    def remove(self, address: str) -> None:
        """Delete a group."""
        with self._lock:
            del self._groups[address.lower()]

    def put(self, address: str, member: str, *, until: float | None = None, roles: tuple[str, ...] = ()) -> None:
        """Let somebody be in a group as another administrator does, whatever they were before."""
        with self._lock:
            made = Membership(number=next(self._numbers), member=member, until=until, roles=roles)
            self._groups[address.lower()][member.lower()] = made

    def take(self, address: str, member: str) -> None:
        """Take somebody out as another administrator does."""
        with self._lock:
            del self._groups[address.lower()][member.lower()]

    def held(self, address: str) -> dict[str, float | None]:
        """Who is in a group now, and until when."""
        return {each.member: each.until for each in self._alive(address.lower()).values()}

    def above(self, address: str) -> list[str]:
        """The groups that an address is in, directly or through other groups."""
        with self._lock:
            found, waiting = set[str](), {address.lower()}
            while waiting:
                member = waiting.pop()
                holding = {group for group in self._groups if member in self._alive(group)}
                waiting |= holding - found
                found |= holding
        return sorted(found)

    # --- what the handlers use ---

    def name(self, address: str) -> str:
        """Return the resource name of a group by its address."""
        with self._lock:
            if address.lower() not in self._groups:
                raise _no_group("groups")
        return f"groups/{_id(address)}"

    def describe(self, name: str) -> dict[str, Any]:
        """Describe a group."""
        address = self._address(name)
        kind = "dynamic" if address in self.dynamic else "discussion_forum"
        labels = {f"cloudidentity.googleapis.com/groups.{kind}": ""}
        return {"name": name, "groupKey": {"id": address}, "labels": labels}

    def contains(self, name: str, member: str) -> bool:
        """Say whether an address is in the group, directly or through other groups."""
        self._require_premium()
        address = self._address(name)
        return address in self.above(member)

    def members(self, name: str) -> list[tuple[Membership, bool]]:
        """List a group's own members, each with whether it is a group."""
        with self._lock:
            held = self._alive(self._address(name))
            return [(held[member], member in self._groups) for member in sorted(held)]

    def everybody(self, name: str) -> list[tuple[Membership, bool]]:
        """List a group's members and those of the groups inside it, each with whether it is a group."""
        self._require_premium()
        with self._lock:
            own = self._address(name)
            seen, waiting = {own: Membership(number=0, member=own)}, [own]
            while waiting:
                inside = {k: v for k, v in self._alive(waiting.pop()).items() if k not in seen}
                seen |= inside
                waiting += sorted(inside.keys() & self._groups.keys())
            return [(seen[member], member in self._groups) for member in sorted(seen) if member != own]

    def lookup(self, name: str, member: str) -> str:
        """Return the resource name of somebody's own membership."""
        with self._lock:
            known = self.aliases.get(member.lower(), member)
            found = self._alive(self._address(name)).get(known.lower())
            if found is None:
                raise _no_membership()
            return f"{name}/memberships/{found.number}"

    def get(self, name: str) -> dict[str, Any]:
        """Describe a membership, with all that it says."""
        group, _, _ = name.partition("/memberships/")
        with self._lock:
            found = self._of(name)
            return described(group, found, is_group=found.member in self._groups)

    def create(self, name: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Let somebody in."""
        with self._lock:
            address = self._writable(name)
            member = str((wanted.get("preferredMemberKey") or {}).get("id", ""))
            if "@" not in member:
                raise invalid("Error(2006): The member key is missing.", field="preferredMemberKey")
            member = self.aliases.get(member.lower(), member)
            if member.lower() in self._alive(address):
                raise GoogleError(409, "Error(4003): Cannot create membership because it already exists.")
            until, roles = self._roles(wanted.get("roles") or [{"name": "MEMBER"}])
            made = Membership(number=next(self._numbers), member=member, until=until, roles=roles)
            self._groups[address][member.lower()] = made
            return _done(described(name, made, is_group=member.lower() in self._groups))

    def update(self, name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Let a membership end at another time: the only change of roles that is served."""
        group, _, _ = name.partition("/memberships/")
        with self._lock:
            address, updates = self._writable(group), changes.get("updateRolesParams") or []
            if len(updates) != 1 or updates[0].get("fieldMask") != _MASK:
                raise invalid(f"The field mask may only contain {_MASK}.", field="updateRolesParams")
            found = self._of(name)
            if found.roles:
                raise invalid("Expiry is only supported for members.", field="updateRolesParams")
            until, roles = self._roles([updates[0].get("membershipRole") or {}])
            if roles:
                raise invalid("Only the MEMBER role can be updated.", field="updateRolesParams")
            made = msgspec.structs.replace(found, until=until)
            self._groups[address][found.member.lower()] = made
            return {"membership": described(group, made, is_group=False)}

    def delete(self, name: str) -> dict[str, Any]:
        """Take somebody out."""
        with self._lock:
            address = self._writable(name.partition("/memberships/")[0])
            found = self._of(name)
            del self._groups[address][found.member.lower()]
            return _done({})

    def _roles(self, wanted: Iterable[Mapping[str, Any]]) -> tuple[float | None, tuple[str, ...]]:
        until, others = None, []
        for role in wanted:
            expiry = (role.get("expiryDetail") or {}).get("expireTime")
            if role.get("name") not in ("MEMBER", "MANAGER", "OWNER"):
                raise invalid("Error(2006): The role is not one of OWNER, MANAGER, MEMBER.", field="roles")
            if role["name"] != "MEMBER":
                others.append(str(role["name"]))
            if expiry is not None:
                until = self._expiry(expiry, role["name"])
        return until, tuple(others)

    def _expiry(self, text: str, role: str) -> float:
        if not self.premium:
            raise GoogleError(403, "Error(3005): This feature is not available in the edition of the customer.")
        until = datetime.fromisoformat(text).timestamp()
        if role != "MEMBER" or until <= self.now():
            raise invalid("The expire time must be in the future, and of a MEMBER.", field="roles")
        return until

    def _require_premium(self) -> None:
        if not self.premium:
            raise GoogleError(403, "Error(3005): This feature is not available in the edition of the customer.")

    def _writable(self, name: str) -> str:
        address = self._address(name)
        if not self.writable:
            raise GoogleError(403, "Error(2015): The caller is not authorized to change members of this group.")
        if address in self.dynamic:
            raise GoogleError(400, "Error(4005): Members of a dynamic group cannot be changed.")
        return address

    def _of(self, name: str) -> Membership:
        group, _, number = name.partition("/memberships/")
        for each in self._alive(self._address(group)).values():
            if str(each.number) == number:
                return each
        raise _no_membership()

    def _alive(self, address: str) -> dict[str, Membership]:
        """Whoever is in a group now: a membership that is over is gone."""
        with self._lock:
            now, held = self.now(), self._groups[address]
            for member in [k for k, v in held.items() if v.until is not None and v.until <= now]:
                del held[member]
            return held

    def _address(self, name: str) -> str:
        with self._lock:
            for address in self._groups:
                if f"groups/{_id(address)}" == name:
                    return address
        raise _no_group(name)


def described(group: str, found: Membership, *, is_group: bool) -> dict[str, Any]:
    """A membership in its full view."""
    expiry = {} if found.until is None else {"expiryDetail": {"expireTime": _rfc3339(found.until)}}
    return {
        "name": f"{group}/memberships/{found.number}",
        "preferredMemberKey": {"id": found.member},
        "type": "GROUP" if is_group else "USER",
        "roles": [{"name": "MEMBER"} | expiry, *({"name": role} for role in found.roles)],
    }


def _done(made: Mapping[str, Any]) -> dict[str, Any]:
    return {"done": True, "response": {"@type": "type.googleapis.com/google.protobuf.Any", **made}}


def _rfc3339(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _id(address: str) -> str:
    return base64.b32hexencode(address.lower().encode()).decode().rstrip("=").lower()


def _no_membership() -> GoogleError:
    return GoogleError(404, "Error(4006): Membership not found.")


def _no_group(name: str) -> GoogleError:
    text = f"Error(2028): Permission denied for resource {name} (or it may not exist)."
    detail = {
        "@type": "type.googleapis.com/google.rpc.ResourceInfo",
        "resourceType": "cloudidentity.googleapis.com/Group",
        "resourceName": name,
        "owner": "domain:cloudidentity.googleapis.com",
        "description": text,
    }
    return GoogleError(403, text, details=[detail])
