"""What the sandbox's Google holds: resources with their policies, groups, and a log of the calls."""

import base64
import copy
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from sandbox.google import conditions, policies
from sandbox.google.accounts import Accounts
from sandbox.google.errors import NO_PERMISSION, GoogleError, invalid
from sandbox.google.faults import Faults
from sandbox.google.groups import Groups
from sandbox.google.issuer import Issuer
from sandbox.google.logs import Logs
from sandbox.google.orgpolicies import OrganizationPolicies
from sandbox.google.policies import Policy
from sandbox.google.roles import GRANTABLE
from sandbox.google.secrets import Secrets
from sandbox.google.topics import Topics
from sandbox.google.users import Users

CREATED = "2024-01-01T00:00:00Z"


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A project, folder or organization. `name` is `projects/ID`, `folders/NUMBER` or `organizations/NUMBER`."""

    name: str
    number: str
    parent: str
    display_name: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request that arrived: method id, path parameters' resource, body, reason header, and its answer's code.

    The code is 0 when the answer was lost on purpose.
    """

    method: str
    resource: str
    reason: str
    body: Any
    code: int


class Google:
    """One Google Cloud. Tests and the demo fill it and look into it; everyone else calls it by HTTP.

    `clock` tells the seconds since 1970, against which signed tokens are judged.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.faults = Faults()
        self.accounts = Accounts()
        self.issuer = Issuer(clock)
        self.secrets = Secrets()
        self.topics = Topics()
        self.logs = Logs()
        self.users = Users(clock)
        self.groups = Groups(clock)
        self.organization_policies = OrganizationPolicies()
        self.custom_roles: set[str] = set()
        self.withheld: set[tuple[str, str]] = set()
        self.iap_settings: dict[str, Callable[[], dict[str, Any]]] = {}
        """What says the settings of each service that IAP guards, by its resource name."""
        self._lock = threading.RLock()
        self._resources: dict[str, Resource] = {}
        self._policies: dict[str, Policy] = {}
        self._etags: dict[str, str] = {}
        self._writes = 0
        self._calls: list[Call] = []

    def add(self, name: str, *, number: str = "", parent: str = "", display_name: str = "") -> None:
        """Make a project, folder or organization with an empty policy. A project may have a number of its own."""
        own = name.partition("/")[2]
        self._resources[name] = Resource(
            name=name, number=number or own, parent=parent, display_name=display_name or own
        )
        self._keep(name, {"bindings": []})

    def set_group(self, address: str, members: Iterable[str]) -> None:
        """Make a group or replace its members: addresses of people or of other groups."""
        self.groups.set(address, members)

    def remove_group(self, address: str) -> None:
        """Delete a group."""
        self.groups.remove(address)

    def policies(self) -> dict[str, Policy]:
        """Return every resource's policy as a reader of version 3 sees it."""
        with self._lock:
            return {name: self._view(name, 3) for name in self._resources}

    def edit(self, resource: str, change: Callable[[Policy], None]) -> None:
        """Change a policy in place as another administrator does, in one step."""
        with self._lock:
            policy = self.read(resource, version=3)
            policy.setdefault("bindings", [])
            change(policy)
            self.write(resource, {**policy, "version": 3})

    def in_force(
        self, resource: str, role: str, member: str, at: datetime, *, attributes: Mapping[str, str] | None = None
    ) -> bool:
        """Say whether a binding of the role names the member and its condition holds at that time.

        `attributes` are the `name`, `type` and `service` of the resource that is used.
        """
        with self._lock:
            bindings = self.read(resource, version=3).get("bindings", [])
        return any(
            binding["role"] == role
            and member in binding["members"]
            and _holds(binding.get("condition"), at=at, attributes=attributes or {})
            for binding in bindings
        )

    def calls(self, method: str = "") -> list[Call]:
        """Return the calls so far, in order; with a method, those whose id ends with it."""
        with self._lock:
            return [call for call in self._calls if call.method.endswith(method)]

    def log(self, call: Call) -> None:
        """Add to the log of calls."""
        with self._lock:
            self._calls.append(call)

    # --- what the handlers use ---

    def resource(self, name: str) -> Resource:
        """Find by name, a project by its number too. What is missing looks like what is forbidden."""
        kind, _, own = name.partition("/")
        for each in self._resources.values():
            if each.name == name or (each.name.startswith(f"{kind}/") and each.number == own):
                return each
        raise GoogleError(403, NO_PERMISSION)

    def resources(self) -> list[Resource]:
        """Everything there is: projects, folders and organizations."""
        with self._lock:
            return list(self._resources.values())

    def organizations(self) -> list[Resource]:
        """Every organization, each of which the caller sees but where it is `withheld`."""
        found = [each for name, each in self._resources.items() if name.startswith("organizations/")]
        return [each for each in found if self.holds(each.name, "resourcemanager.organizations.get")]

    def holds(self, name: str, permission: str) -> bool:
        """Say whether the caller holds a permission: every one on what exists, but for those `withheld`."""
        return (self.resource(name).name, permission) not in self.withheld

    def read(self, name: str, *, version: int) -> Policy:
        """Return the policy as a reader of that version sees it."""
        with self._lock:
            return self._view(self.resource(name).name, version)

    def write(self, name: str, policy: Mapping[str, Any], *, mask: str = "") -> Policy:
        """Replace the masked fields of a policy under its etag, and return it as the writer sees it."""
        with self._lock:
            name = self.resource(name).name
            current = self._policies[name]
            fields = _mask(mask)
            self._check_etag(name, policy)
            owners = [m for b in current["bindings"] if b["role"] == "roles/owner" for m in b["members"]]
            merged = {
                "version": policy.get("version"),
                **{field: (policy if field in fields else current).get(field) for field in policies.FIELDS},
            }
            kept = policies.clean(merged, resource=name, custom_roles=self.custom_roles, owners=owners)
            self.organization_policies.check(name, current["bindings"], kept["bindings"])
            self._keep(name, kept)
            return self._view(name, policy.get("version") or 1)

    def grantable(self, name: str) -> frozenset[str]:
        """The roles that a policy of the resource can hold: predefined ones, its own and its organization's."""
        found = self.resource(name).name
        own = {role for role in self.custom_roles if role.startswith((f"{found}/", "organizations/"))}
        return GRANTABLE[found.partition("/")[0]] | own

    def groups_of(self, address: str) -> list[str]:
        """The groups that an address is in, directly or through other groups."""
        return self.groups.above(address)

    def _check_etag(self, name: str, policy: Mapping[str, Any]) -> None:
        """A missing etag overwrites whatever is there; a stale one conflicts."""
        etag = policy.get("etag")
        if not etag:
            return
        if etag != self._etags[name]:
            raise GoogleError(409, policies.CONCURRENT)
        if policies.conditional(self._policies[name]["bindings"]) and policy.get("version") != 3:
            raise invalid(
                "A policy that includes conditions must be changed with version 3.", field="policy.version"
            )

    def _keep(self, name: str, policy: Policy) -> None:
        self._writes += 1
        self._policies[name] = copy.deepcopy(policy)
        self._etags[name] = base64.b64encode(bytes([7, 6]) + self._writes.to_bytes(6, "big")).decode()

    def _view(self, name: str, version: int) -> Policy:
        return copy.deepcopy(policies.view(self._policies[name], etag=self._etags[name], version=version))


def _mask(text: str) -> set[str]:
    paths = {path for path in text.split(",") if path} or {"bindings", "etag"}
    for path in paths - {*policies.FIELDS, "etag", "version"}:
        raise invalid(f"Invalid field mask path: {path}.", field="updateMask")
    return paths


def _holds(condition: Mapping[str, Any] | None, *, at: datetime, attributes: Mapping[str, str]) -> bool:
    return condition is None or conditions.holds(condition["expression"], at=at, resource=attributes)
