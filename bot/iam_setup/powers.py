"""What the service's account has to be able to do for a policy: grant its roles on its resources, and no more."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from approvals.policy.lookups import named
from approvals.policy.model import Policy
from approvals.policy.reading.values import BASIC_ROLES, PROJECT, ROLE
from approvals.policy.selectors import directory_groups
from approvals.targets import all_roles, joined_group, resources, roles_of_iam

ACCOUNT = rf"([a-z][a-z0-9-]{{4,28}}[a-z0-9])@({PROJECT})\.iam\.gserviceaccount\.com"
ROLES_IN_A_CONDITION = 10
"""Roles that one condition names at most (IAM, "Setting limits on granting roles")."""

GRANTER = {
    "projects": "roles/resourcemanager.projectIamAdmin",
    "folders": "roles/resourcemanager.folderIamAdmin",
}
"""Google's own role that lets an account change IAM policies, by the kind of resource: for folders, which can have
no role of their own. It binds principal access boundaries as well, which no condition caps."""

CUSTOM, CUSTOM_BELOW = "countersignGranter", "countersignProjectGranter"
"""The role that is made on a project or an organization, and an organization's for the projects below it."""

PERMISSIONS = {
    "projects": tuple(f"resourcemanager.projects.{method}" for method in ("get", "getIamPolicy", "setIamPolicy")),
    "organizations": tuple(
        f"resourcemanager.organizations.{method}" for method in ("getIamPolicy", "setIamPolicy")
    ),
}
"""What such a role holds, by the kind of resource whose IAM policies it is for."""

READERS = ("roles/cloudasset.viewer", "roles/browser")
"""What reading eligible bindings takes, on the scope of `sources`."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A service account that is made for the service alone."""

    name: str
    project: str

    @property
    def email(self) -> str:
        return f"{self.name}@{self.project}.iam.gserviceaccount.com"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A role of a project's or an organization's own, that holds what granting takes and nothing else."""

    on: str
    id: str
    permissions: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.on}/roles/{self.id}"


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """The roles that the account may grant on a resource, by one condition; `below`: on each project below it."""

    resource: str
    roles: tuple[str, ...]
    part: int
    below: bool = False

    @property
    def kind(self) -> str:
        return self.resource.partition("/")[0]

    @property
    def label(self) -> str:
        """A name for files and for Terraform: `shop-prod`, `folder_123`; `shop-prod_2` for a second condition."""
        name = self.own if self.kind == "projects" else f"{self.kind.removesuffix('s')}_{self.own}"
        name = f"offered_{name}" if self.below else name
        return name if self.part == 1 else f"{name}_{self.part}"

    @property
    def own(self) -> str:
        """The resource's id or number."""
        return self.resource.partition("/")[2]

    @property
    def changes(self) -> str:
        """The kind of resource whose IAM policies it is for."""
        return "projects" if self.below else self.kind

    @property
    def made(self) -> "Made | None":
        """The role that is made for it; None on a folder, which can have none."""
        if self.kind == "folders":
            return None
        id_ = CUSTOM if self.kind == self.changes else CUSTOM_BELOW
        return Made(on=self.resource, id=id_, permissions=PERMISSIONS[self.changes])

    @property
    def granter(self) -> str:
        """The role that lets the account change the IAM policy."""
        return GRANTER[self.changes] if self.made is None else self.made.name

    @property
    def expression(self) -> str:
        listed = ", ".join(f"'{role}'" for role in self.roles)
        return f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{listed}])"


def account(email: str) -> Account:
    """Read the address of a service account. Raises `ValueError` that says what to write."""
    match = re.fullmatch(ACCOUNT, email.strip())
    if match is None:
        raise ValueError(
            f"{email!r} is no address of a service account: write NAME@PROJECT.iam.gserviceaccount.com"
        )
    return Account(name=match[1], project=match[2])


def role(text: str) -> str:
    """Read a role that IAM offers. Raises `ValueError` that says what to write."""
    if re.fullmatch(ROLE, text) is None:
        raise ValueError(f"{text!r} is no role: write roles/NAME, or a custom one in full")
    if text in BASIC_ROLES:
        raise ValueError(f"IAM takes no condition on {text}, so that it is never offered: leave it out")
    return text


def offered(policy: Policy, roles: Iterable[str]) -> tuple[Power, ...]:
    """What `sources` of a policy ask for, where these are the roles that IAM offers below its scope."""
    if policy.source is None:
        return ()
    named, scope = sorted(set(roles)), policy.source.scope
    starts = range(0, len(named), ROLES_IN_A_CONDITION)
    parts = [tuple(named[start : start + ROLES_IN_A_CONDITION]) for start in starts]
    return tuple(Power(resource=scope, roles=each, part=part, below=True) for part, each in enumerate(parts, 1))


def powers(policy: Policy) -> tuple[Power, ...]:
    """What a policy asks for, by resource. One write grants the roles of an entitlement: they stay together."""
    groups: dict[str, list[list[str]]] = {}
    for each in policy.entitlements.values():
        for place in resources(roles_of_iam(each.targets)):
            together = [target for target in roles_of_iam(each.targets) if target.resource == place]
            _add(groups.setdefault(place, [[]]), all_roles(tuple(together)))
    return tuple(
        Power(resource=resource, roles=tuple(sorted(roles)), part=part)
        for resource, lists in groups.items()
        for part, roles in enumerate(lists, start=1)
    )


def _add(lists: list[list[str]], roles: Sequence[str]) -> None:
    for held in lists:
        missing = [role for role in roles if role not in held]
        if not held or len(held) + len(missing) <= ROLES_IN_A_CONDITION:
            held.extend(missing)
            return
    lists.append(list(roles))


def made(powers: Iterable[Power]) -> tuple[Made, ...]:
    """The roles that are made for these, each once."""
    return tuple(dict.fromkeys(power.made for power in powers if power.made is not None))


def apis(policy: Policy) -> tuple[str, ...]:
    """The APIs of Google that have to be enabled."""
    offering = ("cloudasset.googleapis.com",) if policy.source else ()
    asked = policy.source or names_groups(policy) or joined(policy)
    groups = ("cloudidentity.googleapis.com",) if asked else ()
    return ("cloudresourcemanager.googleapis.com", "iam.googleapis.com", *offering, *groups)


def names_groups(policy: Policy) -> bool:
    """Something of the policy is for a group of the directory, whose members have to be read."""
    return bool(directory_groups(policy, named(policy)))


def joined(policy: Policy) -> tuple[str, ...]:
    """The groups into which the policy lets people, each once."""
    found = (joined_group(each.targets) for each in policy.entitlements.values())
    return tuple(dict.fromkeys(each.group for each in found if each is not None))
