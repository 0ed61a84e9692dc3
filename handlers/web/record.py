"""The pages as a channel: everything that the program needs to know of them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from handlers.channel import Channel, Equipment, Looked, Looking, Opened
from handlers.web import settings
from handlers.web.settings import WebSettings

if TYPE_CHECKING:
    from approvals.ports.examining import Diagnosis


def _open(chosen: WebSettings, equipment: Equipment) -> Opened:
    from handlers.web.opened import Web  # noqa: PLC0415 - few commands of the command line serve pages

    return Web(chosen, equipment)


def _look(chosen: WebSettings, looked: Looked) -> "Iterable[Diagnosis]":
    from handlers.web.examining import look  # noqa: PLC0415

    return look(chosen, looked)


WEB = Channel(
    name="iap",
    variables=settings.VARIABLES,
    weak=settings.weak,
    missing=settings.missing,
    read=settings.read,
    open=_open,
    side="pages",
    looking=Looking(part="pages", look=_look),
)
