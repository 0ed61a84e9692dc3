"""Who has no account in the workspace: for commands, which run without the service."""

from collections.abc import Callable
from datetime import UTC, datetime

from approvals.refusals.errors import NotFound
from handlers.channel import Outside
from handlers.slack.accounts import SlackAccounts
from handlers.slack.client import SlackApi
from handlers.slack.settings import SlackSettings
from handlers.slack.workspace import Workspace

_TIMEOUT = 10.0
"""Seconds for each question."""


def absent(settings: SlackSettings, outside: Outside) -> Callable[[str], bool]:
    """Return what says of an address whether nobody active has it. That raises `Unavailable` where Slack says not.

    Slack finds no deactivated account by its address (docs.slack.dev, users.lookupByEmail).
    """
    api = SlackApi(token=settings.bot_token.reveal(), send=outside.send, base_url=settings.api_url)
    accounts = SlackAccounts(api, Workspace(api), clock=lambda: datetime.now(UTC))

    def nobody(address: str) -> bool:
        try:
            return not accounts.by_email(address, timeout=_TIMEOUT).active
        except NotFound:
            return True

    return nobody
