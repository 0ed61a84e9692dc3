"""Whose Slack accounts count: members of our own workspace, no bots, with an address that is confirmed."""

from datetime import datetime

import msgspec

from approvals.people.accounts import How, Purpose
from approvals.people.principals import IdentityRules, Means
from approvals.refusals.errors import Refused


class SlackAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as Slack itself described it at `read_at`.

    `ref` is `slack:TEAM/USER`, `team` the account's own team (empty: another organisation's), `home` the one that
    the app is installed in, `tz` the name of the time zone that they have set, empty where none is.
    `left`: Slack says that it is deactivated, and nothing else that speaks against it.
    """

    ref: str
    team: str
    home: str
    email: str
    email_confirmed: bool
    name: str
    read_at: datetime
    active: bool
    guest: bool
    bot: bool
    tz: str = ""
    left: bool = False

    @property
    def means(self) -> Means:
        return "chat"

    @property
    def how(self) -> How:
        """Slack does not say how or when somebody signed in."""
        return How(read_at=self.read_at)

    def require(self, rules: IdentityRules, *, purpose: Purpose, how: How) -> None:
        """Raise `Refused` where this account can neither ask nor decide, or not for this purpose.

        Where the policy names no team, the one that the app is installed in counts.
        """
        if self.bot:
            raise Refused("bot")
        if not self.active:
            raise Refused("inactive")
        if not self.team or self.team not in (rules.slack_teams or (self.home,)):
            raise Refused("foreign_team")
        if self.guest and not (rules.guests == "request" and purpose == "request"):
            raise Refused("guest.decide" if purpose == "decide" else "guest.ask")
        if not self.email:
            raise Refused("no_address")
        if not self.email_confirmed:
            raise Refused("unconfirmed")
