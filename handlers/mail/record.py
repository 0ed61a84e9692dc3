"""Mail as a channel: everything that the program needs to know of it."""

from handlers.channel import Channel, Equipment, Opened
from handlers.mail import settings, together
from handlers.mail.settings import MailSettings


def _open(chosen: MailSettings, equipment: Equipment) -> Opened:
    from handlers.mail.opened import Mail  # noqa: PLC0415 - few commands of the command line send mail

    return Mail(chosen, equipment)


MAIL = Channel(
    name=settings.SCHEME,
    variables=settings.VARIABLES,
    weak=together.weak,
    missing=together.missing,
    read=settings.read,
    open=_open,
    letters=True,
)
