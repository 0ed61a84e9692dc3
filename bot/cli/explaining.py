"""`countersign policy explain`: who may ask for something, who approves, and what a guardrail says."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from bot.cli.ends import no_address, refused, unusable
from bot.cli.files import read_file
from bot.cli.lines import say

if TYPE_CHECKING:
    from approvals.policy.model import Policy


@click.command()
@click.argument("names", metavar="[ID] [FILE]", nargs=-1)
@click.option("--what", metavar="ID", help="The entitlement or action, in place of ID.")
@click.option("--who", "--requester", "requester", required=True, help="Whose case it is, by e-mail address.")
@click.option("--at", metavar="MOMENT", help="When, such as 2026-11-22T10:00 in the policy's time zone; else now.")
@click.option(
    "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="What an action is done with."
)
@click.option("--tool", default="", metavar="SERVER/NAME", help="Which tool an agent calls.")
@click.option("--arguments", default="", metavar="JSON", help="What it calls it with, as a JSON object.")
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
    tool: str,
    arguments: str,
    claims: tuple[str, ...],
    signed_in: str | None,
    acr: str,
) -> None:
    """Say who may ask for ID, and who approves it.

    Of what IAM offers ID is its id, or "ROLE on PROJECT". Google is asked with the application-default
    credentials.

    Of an action also what its guardrails come to, for the parameters, claims and sign-in that are named. Of an
    agent's it is a call of a tool: --tool and --arguments.
    """
    from approvals.nearest import nearest  # noqa: PLC0415
    from approvals.policy.explain import explain as found_of  # noqa: PLC0415
    from approvals.policy.offered_cases import is_of_iam  # noqa: PLC0415
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415
    from approvals.policy.reading.parse import parse  # noqa: PLC0415
    from approvals.refusals.errors import Refused  # noqa: PLC0415
    from bot.cli.action import Asked, action_lines  # noqa: PLC0415
    from bot.cli.offered import joined  # noqa: PLC0415
    from handlers.wording.explaining import explained  # noqa: PLC0415

    entitlement, file = _meant_by(names, what)
    try:
        rules = parse(read_file(file), source=str(file))
        person = rules.identity.primary(requester)
        now = _moment(rules, at)
    except PolicyError as error:
        unusable(error)
    except Refused:
        no_address("--who", requester)
    asked = Asked(
        parameters=parameters, claims=claims, signed_in=signed_in, acr=acr, tool=tool, arguments=arguments
    )
    known = (*rules.entitlements, *rules.actions)
    if is_of_iam(rules, entitlement):
        rules, entitlement = joined(rules, entitlement, person=person, file=file)
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
