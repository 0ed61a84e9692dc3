"""The power of the service's account as lines for a shell."""

from collections.abc import Iterator, Sequence

from approvals.policy.model import Policy
from bot.iam_setup.notes import any_role, beside
from bot.iam_setup.powers import (
    GRANTER,
    READERS,
    Account,
    apis,
    made,
    offered,
    powers,
)

_ADD = {
    "projects": "gcloud projects add-iam-policy-binding",
    "folders": "gcloud resource-manager folders add-iam-policy-binding",
    "organizations": "gcloud organizations add-iam-policy-binding",
}


def lines(policy: Policy, granter: Account, roles: Sequence[str] = ()) -> Iterator[str]:
    """Enable, make and bind all that is needed; what is there already is left."""
    yield f"gcloud services enable {' '.join(apis(policy))} --project={granter.project}"
    yield from _unless_there(
        "iam service-accounts", granter.email, f"--project={granter.project}", made=f"create {granter.name}"
    )
    all_of_it = (*powers(policy), *offered(policy, roles))
    for own in made(all_of_it):
        yield ""
        create = f"create {own.id} --title='Countersign granter' --permissions={','.join(own.permissions)}"
        where = own.on.replace("projects/", "--project=").replace("organizations/", "--organization=")
        yield from _unless_there("iam roles", own.id, where, made=create)
    if policy.source is not None:
        for reads in READERS:
            yield ""
            yield from _bound(policy.source.scope, granter, reads, condition="--condition=None")
    for power in all_of_it:
        file = f"condition-{power.label}.yaml"
        yield ""
        yield from (f"# {note}" for note in beside(power))
        yield f"cat > {file} <<'EOF'"
        yield "title: countersign"
        yield f'expression: "{power.expression}"'
        yield "EOF"
        yield from _bound(power.resource, granter, power.granter, condition=f"--condition-from-file={file}")
    if policy.source is not None and not roles:
        yield ""
        uncapped = _bound(policy.source.scope, granter, GRANTER["projects"], condition="--condition=None")
        yield from (f"# {line}" for line in (*any_role(policy.source.scope), *uncapped))


def _bound(resource: str, granter: Account, held: str, *, condition: str) -> Iterator[str]:
    kind, _, own = resource.partition("/")
    yield f"{_ADD[kind]} {own} \\"
    yield f"  --member=serviceAccount:{granter.email} \\"
    yield f"  --role={held} \\"
    yield f"  {condition}"


def _unless_there(kind: str, name: str, where: str, *, made: str) -> Iterator[str]:
    """The lines are run anew after each change of the policy, when this is there already."""
    yield f"gcloud {kind} describe {name} {where} > /dev/null 2>&1 || \\"
    yield f"  gcloud {kind} {made} {where}"
