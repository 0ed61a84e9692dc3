"""By which clocks a time is meant that somebody types in Slack."""

from zoneinfo import ZoneInfo

from approvals.identities import Identity
from handlers.slack.identity import SlackAccount
from handlers.wording.dates import zone_of


def zone_for(identity: Identity, *, else_: str) -> ZoneInfo:
    """Where the person has told Slack that they are; else where the policy is."""
    account = identity.account
    return zone_of(account.tz if isinstance(account, SlackAccount) else "", else_=else_)
