"""The policy that `policy lint --against` compares a file with."""

from pathlib import Path

import click

from approvals.policy.load import accepted, load
from approvals.policy.model import Policy
from approvals.refusals.errors import CountersignError
from bot.cli.ends import unusable
from bot.cli.opened import in_force, settings
from bot.policy_file import contents

IN_FORCE = "in-force"
"""Means the last good policy of the store; a file of that name is `./in-force`."""


def named(against: str) -> Policy:
    """Return the policy of a file, or the one in force. Ends with exit code 2 where it cannot be had."""
    try:
        found = _in_force() if against == IN_FORCE else load(contents(Path(against)), source=against)
    except CountersignError as error:
        unusable(error)
    except OSError as error:
        unusable(click.ClickException(f"{against} cannot be read: {error.strerror}"))
    if found is None:
        unusable(click.ClickException("--against in-force: no policy was in force yet"))
    return found


def _in_force() -> Policy | None:
    stored = in_force(settings())
    if stored is None:
        return None
    return accepted(stored.text, digest=stored.digest, source=stored.source).policy
