"""The pages as a channel: everything that the program needs to know of them."""

from handlers.channel import Channel, Equipment, Opened
from handlers.web import settings
from handlers.web.settings import WebSettings


def _open(chosen: WebSettings, equipment: Equipment) -> Opened:
    from handlers.web.opened import Web  # noqa: PLC0415 - few commands of the command line serve pages

    return Web(chosen, equipment)


WEB = Channel(
    name="iap",
    variables=settings.VARIABLES,
    weak=settings.weak,
    missing=settings.missing,
    read=settings.read,
    open=_open,
    side="pages",
)
