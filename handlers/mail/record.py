"""Mail as a channel: everything that the program needs to know of it."""

from collections.abc import Iterator, Mapping

from handlers.channel import Channel, Checked, Equipment, Opened, Outside
from handlers.mail import settings, together
from handlers.mail.settings import MailSettings


def _open(chosen: MailSettings, equipment: Equipment) -> Opened:
    from handlers.mail.opened import Mail  # noqa: PLC0415 - few commands of the command line send mail

    return Mail(chosen, equipment)


def _trial(chosen: MailSettings, outside: Outside, to: str) -> Iterator[Checked]:
    from handlers.mail.trial import trial  # noqa: PLC0415

    return trial(chosen, outside, to)


def _unreachable(environ: Mapping[str, str], person: str) -> str:
    from handlers.mail.reach import unreachable  # noqa: PLC0415

    return unreachable(environ, person)


MAIL = Channel(
    name=settings.SCHEME,
    variables=settings.VARIABLES,
    weak=together.weak,
    missing=together.missing,
    read=settings.read,
    open=_open,
    letters=True,
    trial=_trial,
    unreachable=_unreachable,
)
