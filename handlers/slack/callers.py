"""From a payload to an identity: ids from the payload, everything else from Slack's own description."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from approvals.errors import NotFound, Refused, Unavailable
from approvals.ports.people import Accounts
from approvals.principals import Identity, IdentityRules, authenticate
from handlers.slack.patience import left, over
from handlers.slack.payloads import Payload
from handlers.slack.workspace import Home, Workspace
from handlers.wording.refusals import Said

LOOK_UP = 1.0
"""Seconds for one `users.info`: Slack waits three for the whole answer."""


class Callers:
    """Says who acted. `rules` returns the current policy's."""

    def __init__(self, accounts: Accounts, workspace: Workspace, *, rules: Callable[[], IdentityRules]) -> None:
        self._accounts = accounts
        self._workspace = workspace
        self._rules = rules

    def identify(self, payload: Payload, *, purpose: Literal["request", "decide"], now: datetime) -> Identity:
        """Authenticate whoever sent a payload. Raises `Refused` or `Unavailable`."""
        home = self._home(payload)
        try:
            account = self._accounts.account(
                f"slack:{payload.person_team}/{payload.person}", timeout=left(LOOK_UP)
            )
        except NotFound:
            raise Said("inactive", "Slack does not know your account.") from None
        if over():
            # Each look-up gets a little time even when none is left, and a busy machine may come back late.
            raise Unavailable("Slack took longer to say who acted than it waits itself")
        return authenticate(account, self._rules(), own_team=home.team, purpose=purpose, now=now)

    def require_member(self, payload: Payload) -> None:
        """Refuse whoever is no member of this workspace, for what everybody there may see."""
        if payload.person_team != self._home(payload).team:
            raise Said("foreign_team", "Only members of this workspace see more than the card says.")

    def _home(self, payload: Payload) -> Home:
        home = self._workspace.home(timeout=left(LOOK_UP))
        if payload.is_enterprise_install in (True, "true"):
            raise Said("foreign_team", "This app is installed for one workspace, not for an organisation.")
        if not payload.person or not payload.person_team or payload.installed_team not in ("", home.team):
            raise Refused("foreign_team")
        return home
