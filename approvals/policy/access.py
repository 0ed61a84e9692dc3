"""What an entitlement says of access to it, as records: how long, why, by a rule, in an emergency."""

from datetime import timedelta

import msgspec

SHORTEST_RETENTION = timedelta(days=30)
"""How long typed text is kept at least once all is over.

By then every message is sent or given up, every webhook taken or dead and every answer of a call forgotten; and
whoever finds something odd in last month's access can still read why it was given.
"""


class DurationRule(msgspec.Struct, frozen=True, kw_only=True):
    default: timedelta
    max: timedelta


class ExtendRule(msgspec.Struct, frozen=True, kw_only=True):
    """How long access may last in all, from its first start on, however often it is extended."""

    max_total: timedelta


class BreakGlass(msgspec.Struct, frozen=True, kw_only=True):
    """Access in an emergency: for `max` at most, and one of `by` looks at it within `within` of its beginning.

    With `under_freeze` it can be had while everything is frozen, which nothing else can.
    """

    max: timedelta
    by: tuple[str, ...]
    within: timedelta
    under_freeze: bool = False


class Auto(msgspec.Struct, frozen=True, kw_only=True):
    """A rule (CEL) that approves by itself where it holds; without one, being on call is enough.

    On call is who is in `group`, a selector, or who has a shift at the moment in the calendar `ical`, an https
    address. One of both at most.
    """

    when: str
    group: str = ""
    ical: str = ""

    @property
    def oncall(self) -> str:
        """Whom `requester.oncall` means, as a selector; empty: nobody says."""
        return f"ical:{self.ical}" if self.ical else self.group


class JustificationRule(msgspec.Struct, frozen=True, kw_only=True):
    """`pattern` (RE2) must match the whole text; empty allows any non-blank text. `hint` says so in words."""

    pattern: str = ""
    hint: str = ""


class ChangeRule(msgspec.Struct, frozen=True, kw_only=True):
    """`needed` distinct people out of `approvers` accept whatever a new policy loosens, before it is in force."""

    approvers: tuple[str, ...]
    needed: int = 1
