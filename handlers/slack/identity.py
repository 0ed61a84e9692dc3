"""Whose Slack accounts count: members of our own workspace, no bots, with an address that is confirmed."""

from datetime import datetime

import msgspec

from approvals.accounts import How, Purpose
from approvals.errors import Refused
from approvals.principals import IdentityRules

SCHEME = "slack"


class SlackAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as Slack itself described it at `read_at`.

    `ref` is `slack:TEAM/USER`, `team` the account's own team (empty: another organisation's), `home` the one that
    the app is installed in.
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

    @property
    def how(self) -> How:
        """Slack does not say how or when somebody signed in."""
        return How(read_at=self.read_at)

    def require(self, rules: IdentityRules, *, purpose: Purpose, how: How) -> None:
        """Raise `Refused` where this account can neither ask nor decide, or not for this purpose.

        Where the policy names no team, the one that the app is installed in counts.
        """
        if self.bot:
            raise Refused("bot", "Bots and apps cannot ask or decide here.")
        if not self.active:
            raise Refused("inactive", "This account is deactivated.")
        if not self.team or self.team not in (rules.slack_teams or (self.home,)):
            raise Refused("foreign_team", "Only members of this workspace can ask or decide here.")
        if self.guest and not (rules.guests == "request" and purpose == "request"):
            raise Refused("guest", f"Guests cannot {_DOING[purpose]} here.")
        if not self.email:
            raise Refused(
                "no_address",
                "Your e-mail address cannot be read here. You cannot mend that: tell whoever runs this app,"
                " whose log says what is missing.",
            )
        if not self.email_confirmed:
            raise Refused(
                "unconfirmed",
                "Your e-mail address is not confirmed yet. Follow the link in the mail that asked you to confirm"
                " it. If you sign in through your organisation and got none, ask an administrator of this"
                " workspace.",
            )


_DOING: dict[Purpose, str] = {"request": "ask for access", "decide": "decide"}
