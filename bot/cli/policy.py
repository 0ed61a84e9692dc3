"""`countersign policy`: check, explain and describe the policy file, and show the policy in force."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from bot.channels import CHANNELS
from bot.cli.ends import no_address, refused, unusable
from bot.cli.lines import say

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
    help="Warn of what nobody else has to approve, and did under the policy OTHER; `in-force`: the service's own.",
)
@click.option(
    "--people", is_flag=True, help="Say how many people each rule tells; with --live also of directory groups."
)
@_FILE
def lint(file: Path, *, live: bool, against: str | None, people: bool) -> None:
    """Print every problem of FILE as path:line:col: code: text. Exit code 1 when there is an error.

    With --live also when Google lacks something, or cannot be asked. It is asked with the application-default
    credentials: use those of the service, for others may see more or less.
    """
    from approvals.policy.alone import placed  # noqa: PLC0415
    from approvals.policy.lint import lint as problems_of  # noqa: PLC0415
    from approvals.policy.live import live as live_problems  # noqa: PLC0415
    from approvals.policy.reading.parse import parse  # noqa: PLC0415
    from bot.cli.against import named  # noqa: PLC0415

    raw = _read(file)
    problems = problems_of(raw, source=str(file), unreachable=_unreachable)
    errors = sum(problem.severity == "error" for problem in problems)
    before = named(against) if against is not None else None
    cloud = _cloud() if live and not errors else None
    asked = live_problems(raw, source=str(file), cloud=cloud) if cloud is not None else ()
    alone = placed(raw, source=str(file), before=before) if before is not None and not errors else ()
    for problem in (*problems, *alone, *asked):
        say(problem)
    # For people: the standard output holds problems alone, for programs.
    counted = _counted(errors=errors, warnings=len(problems) + len(alone) + len(asked) - errors)
    if errors:
        say(f"{counted}{_then(live=live, compared=before is not None)}", err=True)
        sys.exit(1)
    read = parse(raw, source=str(file))
    if people:
        _say_people(read, cloud)
    actions = f", actions: {len(read.actions)}" if read.actions else ""
    say(f"{counted}; entitlements read: {len(read.entitlements)}{actions}", err=True)
    sys.exit(1 if asked else 0)


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


def _say_people(read: "Policy", cloud: "Cloud | None") -> None:
    """Say how many people each rule tells: for people, too, and no problem by itself."""
    from approvals.policy.live import members_of  # noqa: PLC0415
    from approvals.policy.notified import notified  # noqa: PLC0415

    found = notified(read) if cloud is None else notified(read, members=members_of(cloud))
    for each in found:
        say(each, err=True)


def _counted(*, errors: int, warnings: int) -> str:
    kinds = {"error": errors, "warning": warnings}
    found = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items() if count]
    return ", ".join(found) or "no problems"


@policy.command()
@click.argument("names", metavar="[ID] [FILE]", nargs=-1)
@click.option("--what", metavar="ID", help="The entitlement or action, in place of ID.")
@click.option("--who", "--requester", "requester", required=True, help="Whose case it is, by e-mail address.")
@click.option("--at", metavar="MOMENT", help="When, such as 2026-11-22T10:00 in the policy's time zone; else now.")
@click.option(
    "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="What an action is done with."
)
@click.option("--claim", "claims", multiple=True, metavar="NAME=VALUE", help="What a token says; again for more.")
@click.option("--signed-in", metavar="AGO", help="How long ago they signed in, such as 20m.")
@click.option("--acr", default="", help="The class of that sign-in.")
def explain(
    names: tuple[str, ...],
    requester: str,
    *,
    what: str | None,
    at: str | None,
    parameters: tuple[str, ...],
    claims: tuple[str, ...],
    signed_in: str | None,
    acr: str,
) -> None:
    """Say who may ask for the entitlement or action ID, and who approves.

    Of an action also what its guardrails come to, for the parameters, claims and sign-in that are named.
    """
    from approvals.errors import Refused  # noqa: PLC0415
    from approvals.nearest import nearest  # noqa: PLC0415
    from approvals.policy.explain import explain as found_of  # noqa: PLC0415
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415
    from approvals.policy.reading.parse import parse  # noqa: PLC0415
    from bot.cli.action import Asked, action_lines  # noqa: PLC0415
    from handlers.wording.explaining import explained  # noqa: PLC0415

    entitlement, file = _meant_by(names, what)
    try:
        rules = parse(_read(file), source=str(file))
        person = rules.identity.primary(requester)
        now = _moment(rules, at)
    except PolicyError as error:
        unusable(error)
    except Refused:
        no_address("--requester", requester)
    asked = Asked(parameters=parameters, claims=claims, signed_in=signed_in, acr=acr)
    known = (*rules.entitlements, *rules.actions)
    if entitlement in rules.actions:
        lines = action_lines(rules, rules.actions[entitlement], asked, person=person, now=now)
    elif entitlement not in rules.entitlements:
        near = nearest(entitlement.lower(), known)
        hint = f"did you mean {near}?" if near else f"it has {', '.join(known)}"
        refused(click.ClickException(f"{file} has no entitlement or action {entitlement!r}; {hint}"))
    elif asked != Asked():
        unusable(click.ClickException(f"{entitlement} is an entitlement: parameters and claims are for actions"))
    else:
        lines = explained(found_of(rules, entitlement, requester=person, memberships=None, begins=now))
    for line in lines:
        say(line)
    if meant := _meant(rules, person):
        say(f"{file} does not name {person}; did you mean {meant}?", err=True)


def _meant_by(names: tuple[str, ...], what: str | None) -> tuple[str, Path]:
    """What is to be explained, and the file."""
    given = [*((what,) if what is not None else ()), *names]
    if not given or len(given) > 2:
        raise click.UsageError("name one entitlement or action, and at most one FILE behind it")
    return given[0], Path(given[1]) if len(given) > 1 else Path("policy.yaml")


def _moment(rules: "Policy", at: str | None) -> datetime:
    from approvals.policy.words import no_moment  # noqa: PLC0415
    from approvals.times import MomentError, parse_moment  # noqa: PLC0415

    try:
        zone = ZoneInfo(rules.timezone)
        return datetime.now(UTC).replace(microsecond=0) if at is None else parse_moment(at, zone)
    except MomentError as error:
        unusable(click.ClickException(f"--at: {no_moment(error)}"))


def _meant(rules: "Policy", person: str) -> str:
    """An address that the file names, where this one is not named and much like it."""
    from approvals.nearest import nearest  # noqa: PLC0415

    lists = (*rules.groups.values(), *(each.requesters for each in rules.offered))
    named = {who.removeprefix("user:") for each in lists for who in each if who.startswith("user:")}
    # Addresses of one domain are all much alike: what stands before it counts.
    names = {address.partition("@")[0]: address for address in named}
    near = None if person in named else nearest(person.partition("@")[0], names)
    return names[near] if near else ""


@policy.command("test")
@click.argument("file", type=click.Path(path_type=Path))
def try_cases(file: Path) -> None:
    """Hold the cases of FILE against the policy that it names.

    Prints what is other than expected. Exit code 1 where anything is.
    """
    from approvals.policy.fixtures import differences, outcome, read  # noqa: PLC0415
    from approvals.policy.load import load  # noqa: PLC0415
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415
    from approvals.policy.words import no_moment  # noqa: PLC0415
    from approvals.times import MomentError  # noqa: PLC0415

    now, failed = datetime.now(UTC), 0
    try:
        fixtures = read(_read(file), source=str(file))
        beside = file.parent / fixtures.policy
        rules = load(_read(beside), source=str(beside))
    except PolicyError as error:
        unusable(error)
    for case in fixtures.cases:
        try:
            found = tuple(differences(case, outcome(rules, case, fixtures, now=now)))
        except MomentError as error:
            found = (no_moment(error),)
        failed += bool(found)
        for difference in found:
            say(f"{file}:{case.line}: {case.who} asks for {case.ask.entitlement}: {difference}")
    say(f"{len(fixtures.cases)} cases, {failed or 'none'} other than expected", err=True)
    sys.exit(1 if failed else 0)


@policy.command()
def show() -> None:
    """Print the policy in force, with its digest and where it is from. Exit code 1 where there is none yet."""
    from approvals.errors import CountersignError  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    read = settings()
    with opened(read) as store:
        try:
            stored = store.last_good()
        except CountersignError as error:
            refused(error)
    if stored is None:
        refused(click.ClickException("no policy was in force yet"))
    say(f"# in force: {stored.digest}")
    say(f"# read from {stored.source} on {stored.loaded_at:%Y-%m-%d %H:%M} UTC")
    say(f"# {_beside(read.policy, stored.digest)}")
    for line in stored.text.splitlines():
        say(line)


def _beside(file: Path, digest: str) -> str:
    """How the file that the settings name stands to the policy in force."""
    from approvals.policy.load import load  # noqa: PLC0415
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415
    from approvals.policy.reading.parse import digest_of  # noqa: PLC0415
    from bot.policy_file import contents  # noqa: PLC0415

    try:
        raw = contents(file)
        if digest_of(raw) == digest:
            return f"{file} is this one"
        load(raw, source=str(file))
    except OSError as error:
        return f"{file} cannot be read: {error.strerror}"
    except PolicyError as error:
        found = _counted(errors=len(error.problems), warnings=0)
        return f"{file} is another one, and is refused: {found}; `countersign policy lint` says what"
    return f"{file} is another one: a running service that reads it takes it within seconds"


@policy.command()
def schema() -> None:
    """Print the JSON Schema of the policy file, for editors."""
    from approvals.policy.reading.schema import schema as described  # noqa: PLC0415

    click.echo(json.dumps(described(), indent=2))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        unusable(click.ClickException(f"{file} cannot be read: {error.strerror}"))
