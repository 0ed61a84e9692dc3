"""`countersign policy`: check, explain and describe the policy file."""

import json
import sys
from pathlib import Path

import click

from bot.cli.ends import refused, unusable
from bot.cli.lines import say

_FILE = click.argument("file", type=click.Path(path_type=Path), default=Path("policy.yaml"))


@click.group()
def policy() -> None:
    """Check, explain and describe the policy file."""


@policy.command()
@_FILE
def lint(file: Path) -> None:
    """Print every problem of FILE as path:line:col: code: text. Exit code 1 when there is an error."""
    from approvals.policy.lint import lint as problems_of  # noqa: PLC0415
    from approvals.policy.parse import parse  # noqa: PLC0415

    raw = _read(file)
    problems = problems_of(raw, source=str(file))
    for problem in problems:
        say(problem)
    errors = sum(problem.severity == "error" for problem in problems)
    # For people: the standard output holds problems alone, for programs.
    counted = _counted(errors=errors, warnings=len(problems) - errors)
    if errors:
        say(counted, err=True)
        sys.exit(1)
    say(f"{counted}; entitlements read: {len(parse(raw, source=str(file)).entitlements)}", err=True)


def _counted(*, errors: int, warnings: int) -> str:
    kinds = {"error": errors, "warning": warnings}
    found = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items() if count]
    return ", ".join(found) or "no problems"


@policy.command()
@click.argument("entitlement")
@click.option("--requester", required=True, help="Whose case it is, by e-mail address.")
@_FILE
def explain(entitlement: str, requester: str, file: Path) -> None:
    """Say what ENTITLEMENT gives, whether the requester may ask for it, and who approves."""
    from approvals.errors import Refused  # noqa: PLC0415
    from approvals.policy import parse  # noqa: PLC0415
    from approvals.policy.explain import explain as explained  # noqa: PLC0415

    try:
        rules = parse.parse(_read(file), source=str(file))
        person = rules.identity.primary(requester)
    except (parse.PolicyError, Refused) as error:
        unusable(error)
    if entitlement not in rules.entitlements:
        known = ", ".join(rules.entitlements)
        refused(Refused("entitlement", f"{file} has no entitlement {entitlement!r}; it has {known}"))
    for line in explained(rules, entitlement, requester=person, memberships=None):
        say(line)


@policy.command()
def schema() -> None:
    """Print the JSON Schema of the policy file, for editors."""
    from approvals.policy.schema import schema as described  # noqa: PLC0415

    click.echo(json.dumps(described(), indent=2))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        unusable(click.ClickException(f"{file} cannot be read: {error.strerror}"))
