"""Mail, opened: letters go out by it, and nobody comes in."""

import logging
from collections.abc import Sequence

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.channel import Equipment, Served
from handlers.mail.messenger import MailMessenger
from handlers.mail.reach import lost
from handlers.mail.server import Server
from handlers.mail.settings import MailSettings
from handlers.mail.sign_in import SignIn

_log = logging.getLogger("countersign")


class Mail:
    """Implements `Opened` by one mail server. Connections are made when there is a letter to send."""

    accounts = None

    def __init__(self, settings: MailSettings, equipment: Equipment) -> None:
        self._settings, self._policy = settings, equipment.policy
        sign_in = SignIn(settings, outside=equipment.outside)
        self._server = Server(settings, dial=equipment.outside.dial, sign_in=sign_in, seldom=equipment.seldom)
        self.messenger = MailMessenger(settings, self._server, clock=equipment.clock)

    def serve(self, uses: Uses, accounts: Entrance) -> Served:
        """Nobody gets in by mail: replies decide nothing."""
        return Served()

    def look_at_policy(self) -> None:
        """Say in the log whom the policy names and mail cannot reach."""
        for why in lost(self._policy(), self._settings.mapping):
            _log.warning("an approver of the policy gets no mail: %s", why)

    def complaints(self) -> Sequence[str]:
        """That no mail goes out. What the server said is for the log: anybody can ask whether we are ready."""
        return ["mail does not go out: the log says why"] if self._server.complaint() else []

    def close(self) -> None:
        self._server.close()
