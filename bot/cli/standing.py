"""What the policy says that stands in a store, for commands that act on the store alone."""

from typing import TYPE_CHECKING

import click

from bot.cli.ends import refused
from bot.cli.lines import say

if TYPE_CHECKING:
    from approvals.people.principals import IdentityRules
    from approvals.policy.model import Policy
    from approvals.ports.store import Policies


def last_good(store: "Policies") -> "Policy | None":
    """The last good policy; None where there is none. Raises `PolicyError` where it cannot be read any more."""
    from approvals.policy.load import accepted  # noqa: PLC0415 - the core loads when it is needed

    stored = store.last_good()
    return accepted(stored.text, digest=stored.digest, source=stored.source).policy if stored is not None else None


def in_force(store: "Policies") -> "Policy":
    """The policy in force, or the end with exit code 1 where none was yet, or it cannot be read any more."""
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415

    try:
        found = last_good(store)
    except PolicyError as error:
        refused(error)
    if found is None:
        refused(click.ClickException("no policy was in force yet: start the service first"))
    return found


def policy_of(store: "Policies") -> "Policy | None":
    """The last good policy; None where there is none, or where it cannot be read any more, which is said."""
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415

    try:
        return last_good(store)
    except PolicyError:
        say("the last good policy cannot be read, so aliases are not known: name each address", err=True)
    return None


def rules_of(store: "Policies") -> "IdentityRules":
    """The aliases of the last good policy; where it cannot be read any more, the address alone."""
    from approvals.people.principals import IdentityRules  # noqa: PLC0415

    policy = policy_of(store)
    return policy.identity if policy is not None else IdentityRules(domains=())
