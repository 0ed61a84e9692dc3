"""What sends letters, put together: the server, how to sign in at it, and the messenger that writes them."""

from typing import NamedTuple

from handlers.channel import Equipment
from handlers.mail.messenger import MailMessenger
from handlers.mail.server import Server
from handlers.mail.settings import MailSettings
from handlers.mail.sign_in import SignIn


class Sending(NamedTuple):
    """The messenger, and the server by which its letters go."""

    messenger: MailMessenger
    server: Server


def sending(settings: MailSettings, equipment: Equipment) -> Sending:
    """Connect nothing yet: that is done when there is a letter to send."""
    sign_in = SignIn(settings, outside=equipment.outside)
    server = Server(settings, dial=equipment.outside.dial, sign_in=sign_in, seldom=equipment.seldom)
    return Sending(MailMessenger(settings, server, clock=equipment.clock), server)
