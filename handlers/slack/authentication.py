"""From a payload to an identity: ids from the payload, everything else from Slack's own description."""

from datetime import datetime

from approvals.identities import Entrance, Identity
from approvals.people.accounts import Purpose
from approvals.refusals.errors import NotFound, Refused, Unavailable
from handlers.deadline import left, over
from handlers.slack.accounts import reference
from handlers.slack.payloads import Payload
from handlers.slack.workspace import Home, Workspace
from handlers.wording.refusing.refusals import Said

LOOK_UP = 1.0
"""Seconds for one `users.info`: Slack waits three for the whole answer."""


class Authentication:
    """Says who acted."""

    def __init__(self, accounts: Entrance, workspace: Workspace) -> None:
        self._accounts = accounts
        self._workspace = workspace

    def identify(self, payload: Payload, *, purpose: Purpose, now: datetime) -> Identity:
        """Authenticate whoever sent a payload. Raises `Refused` or `Unavailable`."""
        self._home(payload)
        ref = reference(payload.person_team, payload.person)
        try:
            account = self._accounts.account(ref, timeout=left(LOOK_UP))
        except NotFound:
            raise Said("inactive", "Slack does not know your account.") from None
        if over():
            # Each look-up gets a little time even when none is left, and a busy machine may come back late.
            raise Unavailable("Slack took longer to say who acted than it waits itself")
        return self._accounts.identify(account, purpose=purpose, now=now)

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
