"""A company that runs JIT Access: 300 eligible bindings over 40 projects, their folders and the organization."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sandbox.google import Google

ORGANIZATION = "organizations/456"
FOLDERS = tuple(f"folders/{number}" for number in range(101, 106))
TEAMS = ("shop", "mail", "data", "risk", "ops")
PROJECTS = tuple(
    f"projects/{team}-{kind}"
    for team in TEAMS
    for kind in ("prod", "stage", "dev", "batch", "logs", "net", "keys", "web")
)
JIT, MPA = "has({}.jitAccessConstraint)", "has({}.multiPartyApprovalConstraint)"
BINDINGS = 300
HERS = ("projects/shop-prod", "roles/compute.admin")
"""What alice and bob are eligible for, each with the other's approval."""

_CUSTOM = f"{ORGANIZATION}/roles/OnCall"
_OWN = f"{PROJECTS[0]}/roles/DataFix"
"""A role that one project has made for itself: its name has all that a project's id may have."""

_ROLES = (
    "roles/compute.instanceAdmin.v1",
    "roles/run.admin",
    "roles/cloudsql.admin",
    "roles/storage.admin",
    "roles/bigquery.dataViewer",
    "roles/logging.privateLogViewer",
    _CUSTOM,
)
_CONDITIONS = (
    "",
    "",
    "",
    " && resource.name.startsWith('projects/_/buckets/private')",
    " && (resource.type == 'compute.googleapis.com/Instance' || resource.service == 'run.googleapis.com')",
)


class Eligible(NamedTuple):
    """One binding, on what it is, and its condition."""

    resource: str
    role: str
    members: tuple[str, ...]
    condition: str


BROKEN = (
    Eligible("projects/shop-dev", "roles/run.admin", ("user:dan@example.com",), f"{JIT} || resource.name == 'x'"),
    Eligible("projects/shop-web", "roles/run.admin", ("user:dan@example.com",), "has({}.jitAccesConstraint)"),
    Eligible(
        "projects/mail-prod", "roles/run.admin", ("user:dan@example.com",), f"{MPA[:-1]}.a) && {MPA[:-1]}.b)"
    ),
    Eligible("projects/mail-dev", "roles/run.admin", ("user:dan@example.com",), f"{JIT[:-1]}.night)"),
    Eligible("projects/data-prod", "roles/pubsub.admin", ("user:dan@example.com",), MPA),
    Eligible("projects/data-dev", "roles/pubsub.admin", ("user:eve.private@gmail.com",), JIT),
    Eligible("projects/risk-prod", "roles/pubsub.admin", ("domain:example.com",), JIT),
    Eligible(
        "projects/risk-dev",
        "roles/pubsub.admin",
        ("serviceAccount:ci@shop-prod.iam.gserviceaccount.com", "user:dan@example.com"),
        JIT,
    ),
    Eligible("projects/ops-prod", "roles/pubsub.admin", ("deleted:user:old@example.com?uid=123456789",), MPA),
    Eligible("folders/105", "roles/pubsub.admin", ("user:dan@example.com",), "has({}.reviewerPrivilege)"),
)
"""What somebody got wrong in ten bindings."""


def build(google: Google) -> None:
    """Put all of it into a Google, beside the bindings that stand in every project."""
    google.custom_roles.update((_CUSTOM, _OWN))
    google.add(ORGANIZATION, display_name="example.com")
    for folder, team in zip(FOLDERS, TEAMS, strict=True):
        google.add(folder, parent=ORGANIZATION, display_name=team)
        google.set_group(f"{team}@example.com", ["alice@example.com", "bob@example.com", "dan@example.com"])
    for number, project in enumerate(PROJECTS):
        google.add(project, number=str(7000 + number), parent=FOLDERS[number // 8])
        _add(google, project, [{"role": "roles/viewer", "members": ["group:everybody@example.com"]}])
    for number, each in enumerate(bindings()):
        _add(google, each.resource, [_binding(each, number)])


def bindings() -> Iterator[Eligible]:
    """All 300: one that the walk asks for, the broken ones, some from above, and seven or so for each project."""
    yield Eligible(*HERS, ("user:alice@example.com", "user:bob@example.com"), MPA)
    yield from BROKEN
    yield Eligible(PROJECTS[0], _OWN, ("group:shop@example.com",), MPA)
    yield Eligible(ORGANIZATION, "roles/monitoring.viewer", ("group:ops@example.com",), JIT)
    for number, folder in enumerate(FOLDERS):
        yield Eligible(folder, "roles/monitoring.editor", (f"group:{TEAMS[number]}@example.com",), MPA)
    for number in range(BINDINGS - 3 - len(BROKEN) - len(FOLDERS)):
        yield _ordinary(number)


def _ordinary(number: int) -> Eligible:
    place, turn = number % len(PROJECTS), number // len(PROJECTS)
    team = TEAMS[place // 8]
    people = tuple(f"user:{team}-{person}@example.com" for person in range(1, 3 + number % 4))
    members = (f"group:{team}@example.com",) if number % 3 == 0 else people
    condition = (JIT, MPA)[number % 2] + _CONDITIONS[number % len(_CONDITIONS)]
    return Eligible(PROJECTS[place], _ROLES[turn % len(_ROLES)], members, condition)


def _binding(each: Eligible, number: int) -> dict[str, Any]:
    return {
        "role": each.role,
        "members": list(each.members),
        "condition": {"title": f"eligible {number}", "expression": each.condition},
    }


def _add(google: Google, resource: str, bindings: Sequence[dict[str, Any]]) -> None:
    google.edit(resource, lambda policy: policy.setdefault("bindings", []).extend(bindings))
