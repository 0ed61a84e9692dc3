"""What the policy says that stands in a store, for commands that act on the store alone."""

from typing import TYPE_CHECKING

from bot.cli.lines import say

if TYPE_CHECKING:
    from approvals.policy.model import Policy
    from approvals.ports.store import Policies
    from approvals.principals import IdentityRules


def policy_of(store: "Policies") -> "Policy | None":
    """The last good policy; None where there is none, or where it cannot be read any more, which is said."""
    from approvals.policy.load import accepted  # noqa: PLC0415
    from approvals.policy.reading.document import PolicyError  # noqa: PLC0415

    stored = store.last_good()
    try:
        if stored is not None:
            return accepted(stored.text, digest=stored.digest, source=stored.source).policy
    except PolicyError:
        say("the last good policy cannot be read, so aliases are not known: name each address", err=True)
    return None


def rules_of(store: "Policies") -> "IdentityRules":
    """The aliases of the last good policy; where it cannot be read any more, the address alone."""
    from approvals.principals import IdentityRules  # noqa: PLC0415

    policy = policy_of(store)
    return policy.identity if policy is not None else IdentityRules(domains=())
