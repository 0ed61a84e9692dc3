"""`countersign policy`: check, explain and describe the policy file, and show the policy in force."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.channels import CHANNELS
from bot.cli.ends import unusable
from bot.cli.explaining import explain
from bot.cli.files import counted, read_file
from bot.cli.in_force import accept, show
from bot.cli.lines import say
from handlers.wording.text.amounts import many

if TYPE_CHECKING:
    from approvals.policy.live import Cloud
    from approvals.policy.model import Policy

_FILE = click.argument("file", type=click.Path(path_type=Path), default=Path("policy.yaml"))


@click.group()
def policy() -> None:
    """Check and explain a policy file; show the policy in force."""


@policy.command()
@click.option("--live", is_flag=True, help="Ask Google, too, whether it has each resource, role and group.")
@click.option(
    "--against",
    metavar="OTHER",
    help="Warn of what is looser than in the policy OTHER, and say the rest; `in-force`: the service's own.",
)
@click.option(
    "--people", is_flag=True, help="Say how many people each rule tells; with --live also who of them is gone."
)
@_FILE
def lint(file: Path, *, live: bool, against: str | None, people: bool) -> None:
    """Print every problem of FILE as path:line:col: code: text. Exit code 1 when there is an error.

    With --live also when Google lacks something, or cannot be asked. It is asked with the application-default
    credentials: use those of the service, for others may see more or less.
    """
    from approvals.policy import itself  # noqa: PLC0415
    from approvals.policy.against import placed as loosened  # noqa: PLC0415
    from approvals.policy.alone import placed  # noqa: PLC0415
    from approvals.policy.lint import lint as problems_of  # noqa: PLC0415
    from approvals.policy.live import live as live_problems  # noqa: PLC0415
    from approvals.policy.reading.parse import parse  # noqa: PLC0415
    from bot.cli.against import named  # noqa: PLC0415

    raw = read_file(file)
    problems = problems_of(raw, source=str(file), unreachable=_unreachable)
    errors = sum(problem.severity == "error" for problem in problems)
    before = named(against) if against is not None else None
    cloud = _cloud() if live and not errors else None
    asked = live_problems(raw, source=str(file), cloud=cloud) if cloud is not None else ()
    alone = placed(raw, source=str(file), before=before) if before is not None and not errors else ()
    looser, rest = (
        loosened(raw, source=str(file), before=before) if before is not None and not errors else ((), ())
    )
    for problem in (*problems, *alone, *looser, *asked):
        say(problem)
    # For people: the standard output holds problems alone, for programs.
    found = counted(errors=errors, warnings=len(problems) + len(alone) + len(looser) + len(asked) - errors)
    if errors:
        say(f"{found}{_then(live=live, compared=before is not None)}", err=True)
        sys.exit(1)
    for each in rest:
        say(f"{_SIDES[each.side]}: {each.of}: {each.text}", err=True)
    read = parse(raw, source=str(file))
    if people:
        from bot.cli.told import say_people  # noqa: PLC0415

        say_people(read, cloud)
    written = [each for each in read.actions if each != itself.ACTION]
    actions = f", actions: {len(written)}" if written else ""
    say(f"{found}; entitlements read: {len(read.entitlements)}{actions}", err=True)
    sys.exit(1 if asked else 0)


_SIDES = {"narrower": "narrower", "told": "messages"}
"""What a difference that is not looser is about."""


def _then(*, live: bool, compared: bool) -> str:
    """What is not done with a file that has errors."""
    left = [*(["Google is asked"] if live else []), *(["it is compared"] if compared else [])]
    return f"; mend the errors, then {' and '.join(left)}" if left else ""


def _unreachable(person: str) -> str:
    """Why a channel cannot reach a person, as far as the environment says."""
    asked = (each.unreachable(os.environ, person) for each in CHANNELS if each.unreachable is not None)
    return next(filter(None, asked), "")


def _cloud() -> "Cloud":
    from approvals.backends.google_credentials import CredentialsError  # noqa: PLC0415
    from bot import googles  # noqa: PLC0415
    from bot.cli.opened import settings  # noqa: PLC0415

    try:
        return googles.cloud(base_url=settings().google_api_base_url)
    except CredentialsError as error:
        unusable(error)


@policy.command("test")
@click.argument("file", type=click.Path(path_type=Path))
def try_cases(file: Path) -> None:
    """Try the cases of FILE on the policy that it names.

    Prints what is other than expected. Exit code 1 where anything is.
    """
    from approvals.policy.expecting import differences  # noqa: PLC0415
    from approvals.policy.fixtures import outcome, read  # noqa: PLC0415
    from approvals.policy.load import load  # noqa: PLC0415
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415
    from approvals.policy.words import no_moment  # noqa: PLC0415
    from approvals.times import MomentError  # noqa: PLC0415
    from bot.cli.action import value_of  # noqa: PLC0415
    from bot.cli.offered import offered_by  # noqa: PLC0415

    def beside(path: str) -> "Policy":
        found = file.parent / path
        return load(read_file(found), source=str(found))

    now, failed = datetime.now(UTC), 0
    try:
        fixtures = read(read_file(file), source=str(file), beside=beside, written=value_of, offers=offered_by)
    except PolicyError as error:
        unusable(error)
    for case in fixtures.cases:
        try:
            found = tuple(differences(case.expected, outcome(case, fixtures, now=now)))
        except MomentError as error:
            found = (no_moment(error),)
        failed += bool(found)
        for difference in found:
            say(f"{file}:{case.line}: {case}: {difference}")
    say(f"{many(len(fixtures.cases), 'case')}, {failed or 'none'} other than expected", err=True)
    sys.exit(1 if failed else 0)


@policy.command()
def schema() -> None:
    """Print the JSON Schema of the policy file, for editors."""
    from approvals.policy.reading.schema import schema as described  # noqa: PLC0415

    click.echo(json.dumps(described(), indent=2))


policy.add_command(explain)
policy.add_command(show)
policy.add_command(accept)
