"""The power of the service's account for Terraform's `google` provider."""

import json
from collections.abc import Iterator, Sequence

from approvals.policy.model import Policy
from bot.iam_setup.notes import any_role, beside
from bot.iam_setup.powers import (
    CUSTOM,
    GRANTER,
    PERMISSIONS,
    READERS,
    Account,
    Power,
    apis,
    offered,
    organizations,
    powers,
)

_MEMBER = {"projects": "project", "folders": "folder", "organizations": "org_id"}


def blocks(policy: Policy, granter: Account, roles: Sequence[str] = ()) -> Iterator[str]:
    """All that is to be made, as blocks of a configuration."""
    yield from _block("google_service_account", "countersign", project=granter.project, account_id=granter.name)
    for api in apis(policy):
        yield ""
        # Others in the project may use the API: providers before 6.0 would switch it off with this configuration.
        label, kept = api.partition(".")[0], {"disable_on_destroy": False}
        yield from _block("google_project_service", label, project=granter.project, service=api, **kept)
    for number in organizations(policy):
        yield ""
        yield f'resource "google_organization_iam_custom_role" "countersign-{number}" {{'
        yield f'  org_id      = "{number}"'
        yield f'  role_id     = "{CUSTOM}"'
        yield '  title       = "Countersign granter"'
        yield f"  permissions = [{', '.join(_quoted(each) for each in PERMISSIONS)}]"
        yield "}"
    if policy.source is not None:
        for reads in READERS:
            yield ""
            label = f"reads_{reads.partition('.')[2] or 'browser'}"
            yield from (*_held(policy.source.scope, label, _quoted(reads)), "}")
    for power in (*powers(policy), *offered(policy, roles)):
        yield ""
        yield from (f"# {note}" for note in beside(power))
        yield from _member(power)
    if policy.source is not None and not roles:
        yield ""
        uncapped = (*_held(policy.source.scope, "offered", _quoted(GRANTER["projects"])), "}")
        yield from (f"# {line}" for line in (*any_role(policy.source.scope), *uncapped))


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


def _quoted(text: str) -> str:
    return f'"{text}"'
