"""The power of the service's account for Terraform's `google` provider."""

import json
from collections.abc import Iterator, Sequence

from approvals.policy.model import Policy
from bot.iam_setup.notes import any_role, beside
from bot.iam_setup.powers import (
    CUSTOM_BELOW,
    GRANTER,
    READERS,
    Account,
    Made,
    Power,
    apis,
    made,
    offered,
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
    all_of_it = (*powers(policy), *offered(policy, roles))
    for own in made(all_of_it):
        yield ""
        kind, _, name = own.on.partition("/")
        yield f'resource "{_role_kind(own)}" "{_role_label(own)}" {{'
        yield f'  {_MEMBER[kind]:<11} = "{name}"'
        yield f'  role_id     = "{own.id}"'
        yield '  title       = "Countersign granter"'
        yield f"  permissions = [{', '.join(_quoted(each) for each in own.permissions)}]"
        yield "}"
    if policy.source is not None:
        for reads in READERS:
            yield ""
            label = f"reads_{reads.partition('.')[2] or 'browser'}"
            yield from (*_held(policy.source.scope, label, _quoted(reads)), "}")
    for power in all_of_it:
        yield ""
        yield from (f"# {note}" for note in beside(power))
        yield from _member(power)
    if policy.source is not None and not roles:
        yield ""
        uncapped = (*_held(policy.source.scope, "offered", _quoted(GRANTER["projects"])), "}")
        yield from (f"# {line}" for line in (*any_role(policy.source.scope), *uncapped))


def _member(power: Power) -> Iterator[str]:
    own = power.made
    role = _quoted(power.granter) if own is None else f"{_role_kind(own)}.{_role_label(own)}.name"
    yield from _held(power.resource, power.label, role)
    yield "  condition {"
    yield '    title      = "countersign"'
    yield f'    expression = "{power.expression}"'
    yield "  }"
    yield "}"


def _role_kind(own: Made) -> str:
    return f"google_{own.on.partition('/')[0].removesuffix('s')}_iam_custom_role"


def _role_label(own: Made) -> str:
    """The label of a role that is made: `countersign-456`, `countersign-456-projects`."""
    return f"countersign-{own.on.partition('/')[2]}{'-projects' if own.id == CUSTOM_BELOW else ''}"


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
