"""Mail as a channel: everything that the program needs to know of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from handlers.channel import Channel, Checked, Equipment, Looked, Looking, Opened, Outside
from handlers.mail import settings, together
from handlers.mail.settings import MailSettings

if TYPE_CHECKING:
    from approvals.ports.examining import Diagnosis


def _open(chosen: MailSettings, equipment: Equipment) -> Opened:
    from handlers.mail.opened import Mail  # noqa: PLC0415 - few commands of the command line send mail

    return Mail(chosen, equipment)


def _trial(chosen: MailSettings, outside: Outside, to: str) -> Iterator[Checked]:
    from handlers.mail.trial import trial  # noqa: PLC0415

    return trial(chosen, outside, to)


def _unreachable(environ: Mapping[str, str], person: str) -> str:
    from handlers.mail.reach import unreachable  # noqa: PLC0415

    return unreachable(environ, person)


def _look(chosen: MailSettings, looked: Looked) -> "Iterable[Diagnosis]":
    from handlers.mail.examining import look  # noqa: PLC0415

    return look(chosen, looked)


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
    looking=Looking(part="mail", look=_look),
)
