"""Mail, opened: letters go out by it, and nobody comes in."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.channel import Equipment, Served
from handlers.later import Later
from handlers.mail.reach import lost
from handlers.mail.settings import MailSettings

if TYPE_CHECKING:  # loaded with the work behind the listeners, which alone sends
    from handlers.mail.messenger import MailMessenger
    from handlers.mail.sending import Sending

_log = logging.getLogger("countersign")


class Mail:
    """Implements `Opened` by one mail server. Connections are made when there is a letter to send."""

    accounts = None

    def __init__(self, settings: MailSettings, equipment: Equipment) -> None:
        self._settings, self._policy = settings, equipment.policy
        self._equipment = equipment
        self._sending = Later(self._load)

    @property
    def messenger(self) -> "MailMessenger":
        """What sends them, which is made when it is first asked for: no answer to anybody waits for it."""
        return self._sending().messenger

    def _load(self) -> "Sending":
        from handlers.mail.sending import sending  # noqa: PLC0415 - smtplib and the mails' parts are slow to load

        return sending(self._settings, self._equipment)

    def serve(self, uses: Uses, accounts: Entrance) -> Served:
        """Nobody gets in by mail: replies decide nothing."""
        return Served()

    def look_at_policy(self) -> None:
        """Say in the log whom the policy names and mail cannot reach."""
        for why in lost(self._policy(), self._settings.mapping):
            _log.warning("an approver of the policy gets no mail: %s", why)

    def complaints(self) -> Sequence[str]:
        """That no mail goes out. What the server said is for the log: anybody can ask whether we are ready."""
        made = self._sending.made
        return ["mail does not go out: the log says why"] if made and made.server.complaint() else []

    def close(self) -> None:
        if (made := self._sending.made) is not None:
            made.server.close()
