"""`countersign policy`: check, explain and describe the policy file."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.ends import refused, unusable
from bot.cli.lines import say

if TYPE_CHECKING:
    from collections.abc import Collection

    from approvals.policy.document import Problem

_FILE = click.argument("file", type=click.Path(path_type=Path), default=Path("policy.yaml"))


@click.group()
def policy() -> None:
    """Check, explain and describe the policy file."""


@policy.command()
@click.option("--live", is_flag=True, help="Ask Google, too, whether it has each resource, role and group.")
@_FILE
def lint(file: Path, *, live: bool) -> None:
    """Print every problem of FILE as path:line:col: code: text. Exit code 1 when there is an error.

    With --live also when Google lacks something, or cannot be asked. It is asked with the application-default
    credentials: use those of the service, for others may see more or less.
    """
    from approvals.policy.lint import lint as problems_of  # noqa: PLC0415
    from approvals.policy.parse import parse  # noqa: PLC0415

    raw = _read(file)
    problems = problems_of(raw, source=str(file))
    errors = sum(problem.severity == "error" for problem in problems)
    asked = _asked(raw, file) if live and not errors else ()
    for problem in (*problems, *asked):
        say(problem)
    # For people: the standard output holds problems alone, for programs.
    counted = _counted(errors=errors, warnings=len(problems) + len(asked) - errors)
    if errors:
        say(f"{counted}{'; mend the errors, then Google is asked' if live else ''}", err=True)
        sys.exit(1)
    say(f"{counted}; entitlements read: {len(parse(raw, source=str(file)).entitlements)}", err=True)
    sys.exit(1 if asked else 0)


def _asked(raw: bytes, file: Path) -> "Collection[Problem]":
    """What Google says against a sound policy."""
    from approvals.backends import google_credentials  # noqa: PLC0415
    from approvals.backends.google_look import GoogleLook  # noqa: PLC0415
    from approvals.policy.live import live  # noqa: PLC0415
    from bot.cli.opened import settings  # noqa: PLC0415

    base_url = settings().google_api_base_url
    try:
        # Said once and before anything is asked, in place of one problem for each question.
        base_url or google_credentials.find()
    except google_credentials.CredentialsError as error:
        unusable(error)
    return live(raw, source=str(file), cloud=GoogleLook(base_url=base_url))


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
