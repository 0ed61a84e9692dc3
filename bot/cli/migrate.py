"""`countersign migrate`: what another tool's deployment becomes here."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.ends import unusable
from bot.cli.files import read_file, whole
from bot.cli.lines import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from approvals.eligible.bindings import LeftOut
    from bot.migrating.carrying import Carried, Difference
    from bot.migrating.deployment import Deployment


@click.group()
def migrate() -> None:
    """Print what another tool's deployment becomes here. Nothing is asked or changed."""


@migrate.command("jit-access")
@click.option("--iam", "export", type=click.Path(path_type=Path), help="An export of IAM policies, as JSON.")
@click.option("--policy", type=click.Path(path_type=Path), help="Where the policy file made of it is written.")
@click.argument("file", type=click.Path(path_type=Path))
def jit_access(file: Path, export: Path | None, policy: Path | None) -> None:
    """Print what JIT Access's settings become, and what differs.

    FILE is what it was deployed by: App Engine's app.yaml, or Cloud Run's service. What is printed is an
    environment file: all but the settings are comments. Secrets are not printed. Exit code 1 where something
    cannot be taken over.

    With --iam and --policy its eligible bindings become entitlements of a policy file. The export is what
    `gcloud asset search-all-iam-policies --scope=SCOPE --format=json` prints.
    """
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415
    from bot.migrating.carrying import carried  # noqa: PLC0415
    from bot.migrating.deployment import read  # noqa: PLC0415

    if (export is None) != (policy is None):
        raise click.UsageError("--iam and --policy go together: where the export is, and where the policy goes")
    if policy is not None and os.path.lexists(policy):
        unusable(click.ClickException(f"{policy} is there already, and is never replaced: name another file"))
    try:
        deployment = read(read_file(file), source=str(file))
    except PolicyError as error:
        unusable(error)
    found = carried(deployment)
    _print(deployment, found)
    wrong = sum(each.wrong for each in found.differences)
    left = tuple(_entitlements(found, export, policy)) if export is not None and policy is not None else ()
    for each in left:
        say(f"# {export}: {each.place}: {each.text}")
    settings, differences = _many(len(found.settings), "setting"), _many(len(found.differences), "difference")
    say(f"{settings}, {differences}, {wrong + len(left)} to mend", err=True)
    sys.exit(1 if wrong or left else 0)


def _entitlements(found: "Carried", export: Path, policy: Path) -> "Iterator[LeftOut]":
    """Write the policy file, and give what is not in it."""
    from approvals.eligible.bindings import eligible  # noqa: PLC0415
    from approvals.policy.lint import lint  # noqa: PLC0415
    from bot.migrating.exports import ExportError, read  # noqa: PLC0415
    from bot.migrating.policy import wider, write  # noqa: PLC0415

    if found.scope is None:
        unusable(
            click.ClickException(
                "which bindings count is not known: JIT Access takes those within RESOURCE_SCOPE, and where it is"
                " not set those of its own project. Write RESOURCE_SCOPE into the file: projects/ID,"
                " folders/NUMBER or organizations/NUMBER"
            )
        )
    try:
        exported = read(read_file(export))
    except ExportError as error:
        unusable(click.ClickException(f"{export}: {error}"))
    bound = eligible(exported.policies, exported.projects, scope=found.scope)
    written = write(bound.eligible, found.defaults, made_of=str(export))
    within = f" within {found.scope}" if found.scope else ""
    if written.entitlements:
        errors = [each for each in lint(written.text, source=str(policy)) if each.severity == "error"]
        if errors:
            unusable(click.ClickException(f"the policy file could not be used: {errors[0]}"))
        with whole(policy, overwrite=False) as file:
            file.write(written.text.encode())
        for more in wider(bound.eligible, catalog=found.catalog):
            say(f"# {more}")
        say(f"# {policy} has {_many(written.entitlements, 'entitlement')}.")
    else:
        say(f"# {policy} is not written: there is no usable binding of a project{within}.")
    left = (*exported.left_out, *bound.left_out, *written.left_out)
    if left:
        say("# To mend, for it could not be taken over:")
    yield from left


def quoted(text: str) -> str:
    """A text as YAML writes it in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def _print(deployment: "Deployment", found: "Carried") -> None:
    say(f"# Made of {deployment.source}, by which JIT Access was deployed on {deployment.platform}.")
    for line in found.settings:
        say(line)
    say("# Fill in, see docs/settings.md:")
    for line in (*found.secrets, *found.missing):
        say(line)
    defaults = found.defaults
    say("# In the policy file:")
    if defaults.domain:
        say(f"#   identity: {{domains: [{defaults.domain}]}}")
    lasting = f"{{default: {min(defaults.longest, 60)}m, max: {defaults.longest}m}}"
    say(f"#   defaults: {{duration: {lasting}, pending: {defaults.pending}m}}")
    said = {"pattern": defaults.pattern, "hint": defaults.hint}
    written = ", ".join(f"{key}: {quoted(text)}" for key, text in said.items() if text)
    if written:
        say(f"#   in each entitlement: justification: {{{written}}}")
    if found.scope is not None:
        more = f", projects_query: {quoted(found.query)}" if found.query.isprintable() and found.query else ""
        more += f", justification: {{{written}}}" if written else ""
        say(f"#   or, with IAM as the list: sources: {{jit_access: {{scope: {found.scope}{more}}}}}")
    _print_differences("To mend", deployment, [each for each in found.differences if each.wrong])
    _print_differences("What differs", deployment, [each for each in found.differences if not each.wrong])


def _print_differences(heading: str, deployment: "Deployment", differences: "list[Difference]") -> None:
    if differences:
        say(f"# {heading}:")
    for each in differences:
        say(f"# {deployment.source}:{each.line}: {each.name}: {each.text}")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
