"""The applications' API as a channel: everything that the program needs to know of it."""

from handlers.applications import settings
from handlers.applications.settings import ApplicationSettings
from handlers.channel import Channel, Equipment, Opened


def _open(chosen: ApplicationSettings, equipment: Equipment) -> Opened:
    from handlers.applications.opened import Applications  # noqa: PLC0415 - few commands answer calls

    return Applications(chosen, equipment)


APPLICATIONS = Channel(
    name=settings.SCHEME,
    variables=settings.VARIABLES,
    weak=settings.weak,
    missing=settings.missing,
    read=settings.read,
    open=_open,
    needed=settings.needed,
    hidden=settings.HIDDEN,
)
