"""What gives the service's account the power to grant what a policy names, and no more: gcloud lines, Terraform.

Every name that is printed has a fixed shape that neither a shell nor Terraform reads anything into.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from approvals.policy.lookups import named
from approvals.policy.model import Policy
from approvals.policy.reading.values import BASIC_ROLES, PROJECT, ROLE
from approvals.policy.selectors import directory_groups
from approvals.targets import all_roles, joined_group, resources, roles_of_iam

ACCOUNT = rf"([a-z][a-z0-9-]{{4,28}}[a-z0-9])@({PROJECT})\.iam\.gserviceaccount\.com"
ROLES_IN_A_CONDITION = 10
"""Roles that one condition names at most (IAM, "Setting limits on granting roles")."""

_GRANTER = {
    "projects": "roles/resourcemanager.projectIamAdmin",
    "folders": "roles/resourcemanager.folderIamAdmin",
}
_ADD = {
    "projects": "gcloud projects add-iam-policy-binding",
    "folders": "gcloud resource-manager folders add-iam-policy-binding",
    "organizations": "gcloud organizations add-iam-policy-binding",
}
_MEMBER = {"projects": "project", "folders": "folder", "organizations": "org_id"}
_CUSTOM = "countersignGranter"
READERS = ("roles/cloudasset.viewer", "roles/browser")
"""What reading eligible bindings takes, on the scope of `sources`."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A service account that is made for the service alone."""

    name: str
    project: str

    @property
    def email(self) -> str:
        return f"{self.name}@{self.project}.iam.gserviceaccount.com"


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
    def granter(self) -> str:
        """The role that lets the account change the IAM policy; Google has no narrow one for organizations."""
        kind = "projects" if self.below else self.kind
        return _GRANTER.get(kind, f"{self.resource}/roles/{_CUSTOM}")

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


def gcloud(policy: Policy, granter: Account, roles: Sequence[str] = ()) -> Iterator[str]:
    """The lines for a shell."""
    yield f"gcloud services enable {' '.join(_apis(policy))} --project={granter.project}"
    yield from _unless_there(
        "iam service-accounts", granter.email, f"--project={granter.project}", made=f"create {granter.name}"
    )
    organizations = {power.own for power in powers(policy) if power.kind == "organizations"}
    for number in sorted(organizations):
        yield ""
        made = f"create {_CUSTOM} --title='Countersign granter' --permissions={','.join(_permissions())}"
        yield from _unless_there("iam roles", _CUSTOM, f"--organization={number}", made=made)
    if policy.source is not None:
        for reads in READERS:
            yield ""
            yield from _bound(policy.source.scope, granter, reads, condition="--condition=None")
    for power in (*powers(policy), *offered(policy, roles)):
        file = f"condition-{power.label}.yaml"
        yield ""
        yield from (f"# {note}" for note in _notes(power))
        yield f"cat > {file} <<'EOF'"
        yield "title: countersign"
        yield f'expression: "{power.expression}"'
        yield "EOF"
        yield from _bound(power.resource, granter, power.granter, condition=f"--condition-from-file={file}")
    if policy.source is not None and not roles:
        yield ""
        uncapped = _bound(policy.source.scope, granter, _GRANTER["projects"], condition="--condition=None")
        yield from (f"# {line}" for line in (*_any_role(policy.source.scope), *uncapped))


def _bound(resource: str, granter: Account, held: str, *, condition: str) -> Iterator[str]:
    kind, _, own = resource.partition("/")
    yield f"{_ADD[kind]} {own} \\"
    yield f"  --member=serviceAccount:{granter.email} \\"
    yield f"  --role={held} \\"
    yield f"  {condition}"


def _any_role(scope: str) -> Iterator[str]:
    """Why nothing lets the service grant what IAM offers, where nobody named the roles."""
    yield f"What IAM offers below {scope} cannot be granted yet: the policy does not name its roles, and they can"
    yield "be any. Print this anew with a --role for each. What follows needs none, and lets whoever gets hold of"
    yield "the account make anybody an owner there:"


def _unless_there(kind: str, name: str, where: str, *, made: str) -> Iterator[str]:
    """The lines are run anew after each change of the policy, when this is there already."""
    yield f"gcloud {kind} describe {name} {where} > /dev/null 2>&1 || \\"
    yield f"  gcloud {kind} {made} {where}"


def terraform(policy: Policy, granter: Account, roles: Sequence[str] = ()) -> Iterator[str]:
    """The same for Terraform's `google` provider."""
    yield from _block("google_service_account", "countersign", project=granter.project, account_id=granter.name)
    for api in _apis(policy):
        yield ""
        # Others in the project may use the API: providers before 6.0 would switch it off with this configuration.
        label, kept = api.partition(".")[0], {"disable_on_destroy": False}
        yield from _block("google_project_service", label, project=granter.project, service=api, **kept)
    organizations = {power.own for power in powers(policy) if power.kind == "organizations"}
    for number in sorted(organizations):
        yield ""
        yield f'resource "google_organization_iam_custom_role" "countersign-{number}" {{'
        yield f'  org_id      = "{number}"'
        yield f'  role_id     = "{_CUSTOM}"'
        yield '  title       = "Countersign granter"'
        yield f"  permissions = [{', '.join(_quoted(each) for each in _permissions())}]"
        yield "}"
    if policy.source is not None:
        for reads in READERS:
            yield ""
            label = f"reads_{reads.partition('.')[2] or 'browser'}"
            yield from (*_held(policy.source.scope, label, _quoted(reads)), "}")
    for power in (*powers(policy), *offered(policy, roles)):
        yield ""
        yield from (f"# {note}" for note in _notes(power))
        yield from _member(power)
    if policy.source is not None and not roles:
        yield ""
        uncapped = (*_held(policy.source.scope, "offered", _quoted(_GRANTER["projects"])), "}")
        yield from (f"# {line}" for line in (*_any_role(policy.source.scope), *uncapped))


def _member(power: Power) -> Iterator[str]:
    custom = f"google_organization_iam_custom_role.countersign-{power.own}.name"
    own_role = power.kind == "organizations" and not power.below
    yield from _held(power.resource, power.label, custom if own_role else _quoted(power.granter))
    yield "  condition {"
    yield '    title      = "countersign"'
    yield f'    expression = "{power.expression}"'
    yield "  }"
    yield "}"


def _held(resource: str, label: str, role: str) -> Iterator[str]:
    """The beginning of a block by which the account holds a role."""
    kind, _, own = resource.partition("/")
    name = _MEMBER[kind]
    width = max(len(name), len("member"))
    yield f'resource "google_{kind.removesuffix("s")}_iam_member" "countersign-{label}" {{'
    yield f'  {name:<{width}} = "{resource if kind == "folders" else own}"'
    yield f"  {'role':<{width}} = {role}"
    yield f"  {'member':<{width}} = google_service_account.countersign.member"


def _block(kind: str, label: str, **values: str | bool) -> Iterator[str]:
    width = max(map(len, values))
    yield f'resource "{kind}" "{label}" {{'
    yield from (f"  {name:<{width}} = {json.dumps(value)}" for name, value in values.items())
    yield "}"


def _notes(power: Power) -> Iterator[str]:
    if power.below:
        yield f"For what IAM offers on projects below {power.resource}."
        return
    if len(power.roles) > ROLES_IN_A_CONDITION:
        yield f"IAM takes {ROLES_IN_A_CONDITION} roles in a condition: part the entitlement that names so many."
    if power.part > 1:
        yield "More roles than one condition holds. A write that needs roles of both conditions is refused by IAM."


def notes(policy: Policy, *, terraform: bool) -> Iterator[str]:
    """What no line can do, for people."""
    if terraform:
        yield "After a change of the policy: print this anew and apply it."
    else:
        yield "After a change of the policy: keep the old condition files elsewhere, print this anew and run it."
        yield "Then remove each binding whose condition changed: remove-iam-policy-binding, with the old file."
    if policy.source is not None:
        yield "What IAM offers may name groups: make the account a Groups Reader in Google's Admin console."
    elif _names_groups(policy):
        yield "The policy names directory groups: make the account a Groups Reader in Google's Admin console."
    for group in _joined(policy):
        yield f"The policy lets people into {group}: make the account a manager of that group, and of no other."


def _apis(policy: Policy) -> tuple[str, ...]:
    offering = ("cloudasset.googleapis.com",) if policy.source else ()
    asked = policy.source or _names_groups(policy) or _joined(policy)
    groups = ("cloudidentity.googleapis.com",) if asked else ()
    return ("cloudresourcemanager.googleapis.com", "iam.googleapis.com", *offering, *groups)


def _names_groups(policy: Policy) -> bool:
    return bool(directory_groups(policy, named(policy)))


def _joined(policy: Policy) -> tuple[str, ...]:
    found = (joined_group(each.targets) for each in policy.entitlements.values())
    return tuple(dict.fromkeys(each.group for each in found if each is not None))


def _permissions() -> tuple[str, ...]:
    return tuple(f"resourcemanager.organizations.{method}" for method in ("getIamPolicy", "setIamPolicy"))


def _quoted(text: str) -> str:
    return f'"{text}"'
