"""`countersign migrate`: what another tool's deployment becomes here."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.ends import unusable
from bot.cli.files import read_file
from bot.cli.lines import say

if TYPE_CHECKING:
    from bot.migrating.carrying import Carried
    from bot.migrating.deployment import Deployment


@click.group()
def migrate() -> None:
    """Print what another tool's deployment becomes here. Nothing is asked or changed."""


@migrate.command("jit-access")
@click.argument("file", type=click.Path(path_type=Path))
def jit_access(file: Path) -> None:
    """Print what JIT Access's settings become, and what differs.

    FILE is what it was deployed by: App Engine's app.yaml, or Cloud Run's service. What is printed is an
    environment file: all but the settings are comments. Secrets are not printed. Exit code 1 where something
    cannot be taken over.
    """
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415
    from bot.migrating.carrying import carried  # noqa: PLC0415
    from bot.migrating.deployment import read  # noqa: PLC0415

    try:
        deployment = read(read_file(file), source=str(file))
    except PolicyError as error:
        unusable(error)
    found = carried(deployment)
    _print(deployment, found)
    wrong = sum(each.wrong for each in found.differences)
    say(f"{len(found.settings)} settings, {len(found.differences)} differences, {wrong} to mend", err=True)
    sys.exit(1 if wrong else 0)


def quoted(text: str) -> str:
    """A text as YAML writes it in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def _print(deployment: "Deployment", found: "Carried") -> None:
    say(f"# Made of {deployment.source}, by which JIT Access was deployed on {deployment.platform}.")
    for line in found.settings:
        say(line)
    say("# Fill in, see the README:")
    for line in (*found.secrets, *found.missing):
        say(line)
    defaults = found.defaults
    say("# In the policy file:")
    if defaults.domain:
        say(f"#   identity: {{domains: [{defaults.domain}]}}")
    lasting = f"{{default: {min(defaults.longest, 60)}m, max: {defaults.longest}m}}"
    say(f"#   defaults: {{duration: {lasting}, pending: {defaults.pending}m}}")
    if defaults.pattern or defaults.hint:
        said = {"pattern": defaults.pattern, "hint": defaults.hint}
        written = ", ".join(f"{key}: {quoted(text)}" for key, text in said.items() if text)
        say(f"#   in each entitlement: justification: {{{written}}}")
    say("# What differs:")
    for each in found.differences:
        say(f"# {deployment.source}:{each.line}: {each.name}: {each.text}")
