"""Guardrails over all entitlements, as records: whatever an entitlement says, they only ever take away."""

import re
from collections.abc import Iterable
from datetime import timedelta

import msgspec

from approvals.targets import Target, accesses


class Denial(msgspec.Struct, frozen=True, kw_only=True):
    """Who of these selectors asks for what lies at a place that one of `what` matches is told the `reason`."""

    who: tuple[str, ...]
    what: tuple[str, ...]
    reason: str


class Fences(msgspec.Struct, frozen=True, kw_only=True):
    """Roles that are never given, the longest duration, where nobody gets anything alone, and denials.

    `never_roles` and `no_self` are patterns, of roles and of places (`Entitlement.places`).
    """

    never_roles: tuple[str, ...] = ()
    max_duration: timedelta | None = None
    no_self: tuple[str, ...] = ()
    deny: tuple[Denial, ...] = ()

    def never(self, targets: tuple[Target, ...]) -> tuple[str, ...]:
        """The roles among these targets that are never given."""
        if not self.never_roles:
            return ()
        roles = dict.fromkeys(role for target in accesses(targets) for role in target.roles)
        return tuple(role for role in roles if matches(self.never_roles, role))

    def not_alone(self, places: Iterable[str]) -> tuple[str, ...]:
        """Those of these places at which nobody gets anything without somebody else."""
        return tuple(place for place in places if matches(self.no_self, place))

    def denials(self, places: tuple[str, ...]) -> tuple[Denial, ...]:
        """The denials that are about one of these places."""
        if not self.deny:
            return ()
        return tuple(each for each in self.deny if any(matches(each.what, place) for place in places))


def matches(patterns: Iterable[str], name: str) -> bool:
    """Say whether one of the patterns is the whole name: `*` stands for any characters but `/`, also for none."""
    return any(re.fullmatch("[^/]*".join(map(re.escape, each.split("*"))), name) for each in patterns)
