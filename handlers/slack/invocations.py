"""One slash command of one person, as whatever does it takes it, and the help that needs no person."""

from datetime import datetime

import msgspec

from approvals.identities import Identity
from approvals.uses import Uses
from handlers.slack import replies
from handlers.slack.payloads import Malformed, Payload
from handlers.slack.replies import Reply
from handlers.slack.responder import Responder
from handlers.wording.freeze import everything_is_frozen
from handlers.wording.reading.commands import Help


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """One command of one person."""

    responder: Responder
    uses: Uses
    payload: Payload
    identity: Identity
    now: datetime
    command: str

    def key(self) -> str:
        """One command, however often Slack sends it. Raises `Malformed`."""
        if not self.payload.trigger_id:
            raise Malformed("a command without its trigger")
        return f"trigger:{self.payload.trigger_id}"


def helped(uses: Uses, asked: Help, *, command: str) -> Reply:
    """Help, which is for whoever can type: it waits for no store, and gives no reason for a freeze."""
    said = replies.help_text(command, asked)
    return replies.headed(said, everything_is_frozen("")) if uses.looking.known_frozen() else said
