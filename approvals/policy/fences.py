"""Guardrails over all entitlements, as records: whatever an entitlement says, they only ever take away."""

import re
from collections.abc import Iterable
from datetime import timedelta

import msgspec

from approvals.targets import IamRoles


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """Who of these selectors asks for a resource that one of the patterns `what` matches is told the `reason`."""

    who: tuple[str, ...]
    what: tuple[str, ...]
    reason: str


class Fences(msgspec.Struct, frozen=True, kw_only=True):
    """Roles that are never given, the longest duration, where nobody gets anything alone, and denials.

    `never_roles` and `no_self` are patterns, of roles and of resources.
    """

    never_roles: tuple[str, ...] = ()
    max_duration: timedelta | None = None
    no_self: tuple[str, ...] = ()
    deny: tuple[Denial, ...] = ()

    def never(self, targets: Iterable[IamRoles]) -> tuple[str, ...]:
        """The roles among these targets that are never given."""
        if not self.never_roles:
            return ()
        roles = dict.fromkeys(role for target in targets for role in target.roles)
        return tuple(role for role in roles if matches(self.never_roles, role))

    def not_alone(self, targets: Iterable[IamRoles]) -> tuple[str, ...]:
        """The resources among these targets that nobody gets without somebody else."""
        return tuple(each.resource for each in targets if matches(self.no_self, each.resource))

    def denials(self, targets: Iterable[IamRoles]) -> tuple[Denial, ...]:
        """The denials that are about one of these targets."""
        if not self.deny:
            return ()
        places = {target.resource for target in targets}
        return tuple(each for each in self.deny if any(matches(each.what, place) for place in places))


def matches(patterns: Iterable[str], name: str) -> bool:
    """Say whether one of the patterns is the whole name: `*` stands for any characters but `/`, also for none."""
    return any(re.fullmatch("[^/]*".join(map(re.escape, each.split("*"))), name) for each in patterns)
