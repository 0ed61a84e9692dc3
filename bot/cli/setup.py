"""`countersign setup`: print what sets Google Cloud up for the policy in force."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.ends import unusable
from bot.cli.lines import say

if TYPE_CHECKING:
    from approvals.policy.model import Policy


@click.group()
def setup() -> None:
    """Print what sets Google Cloud up for the policy in force. Nothing is run or changed."""


@setup.command()
@click.option(
    "--account",
    required=True,
    metavar="EMAIL",
    help="The service's account: NAME@PROJECT.iam.gserviceaccount.com.",
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="A role that IAM offers by the policy's sources. Repeatable.",
)
@click.option("--terraform", is_flag=True, help="Print Terraform in place of gcloud lines.")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def iam(account: str, roles: tuple[str, ...], file: Path | None, *, terraform: bool) -> None:
    """Print what lets the service grant what the policy names.

    Its account can then grant exactly that. The policy is FILE. Without it the one in force is meant, and before
    there is one the file of COUNTERSIGN_POLICY. Where it has sources, the roles that IAM offers are those of
    --role; without it what lets the service grant them is printed as a comment, for they can be any.
    """
    from bot.iam_setup import powers  # noqa: PLC0415
    from bot.iam_setup.gcloud import lines  # noqa: PLC0415
    from bot.iam_setup.notes import notes  # noqa: PLC0415
    from bot.iam_setup.terraform import blocks  # noqa: PLC0415

    try:
        granter = powers.account(account)
        offered = [powers.role(each) for each in roles]
    except ValueError as error:
        unusable(error)
    policy, source = _policy(file)
    if offered and policy.source is None:
        unusable(click.ClickException("--role is for what IAM offers, and this policy has no sources"))
    say(f"# For the policy {policy.digest}, read from {source}.")
    for note in notes(policy, terraform=terraform):
        say(f"# {note}")
    written = blocks if terraform else lines
    say("")
    for line in written(policy, granter, offered):
        say(line)


def _policy(file: Path | None) -> "tuple[Policy, str]":
    """The policy that is meant and where it was read, or the end with exit code 2."""
    from approvals.policy.load import accepted, load  # noqa: PLC0415
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot.cli.opened import in_force, settings  # noqa: PLC0415
    from bot.policy_file import contents  # noqa: PLC0415

    try:
        stored = in_force(settings()) if file is None else None
        if stored is not None:
            return accepted(stored.text, digest=stored.digest, source=stored.source).policy, stored.source
        path = file or settings().policy
        return load(contents(path), source=str(path)), str(path)
    except CountersignError as error:
        unusable(error)
    except OSError as error:
        hint = "" if file else "; name the policy file, or set COUNTERSIGN_POLICY"
        unusable(click.ClickException(f"{error.filename} cannot be read: {error.strerror}{hint}"))
