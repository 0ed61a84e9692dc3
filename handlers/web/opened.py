"""The pages, opened: accounts whose word is their assertion, and the doors behind Identity-Aware Proxy."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.channel import Equipment, Served
from handlers.doors import Behind
from handlers.identity.accounts import IapAccounts
from handlers.identity.keys import PublishedKeys
from handlers.web.paths import PATHS
from handlers.web.settings import WebSettings

if TYPE_CHECKING:  # loaded once the first answer may have gone out, or with the first page
    from handlers.web.rooms import Rooms

_READERS = 16


class Web:
    """Implements `Opened`. No message goes out by it."""

    messenger = None

    def __init__(self, settings: WebSettings, equipment: Equipment) -> None:
        self._settings = settings
        self._equipment = equipment
        self.accounts = IapAccounts(clock=equipment.clock)
        self._pool = ThreadPoolExecutor(_READERS)
        self.rooms: Behind[Rooms] | None = None

    def serve(self, uses: Uses, accounts: Entrance) -> Served:
        """Let people in who come through the proxy; without an audience nobody, for nobody could be told apart."""
        if not self._settings.audiences:
            return Served()
        equipment = self._equipment
        keys = PublishedKeys(self._settings.keys_url, send=equipment.send, clock=equipment.clock)
        make = partial(_rooms, self._settings, uses, accounts, keys, equipment=equipment, executor=self._pool)
        rooms = self.rooms = Behind("the pages", make, executor=self._pool)
        pages = rooms.door(lambda made: made.pages)
        return Served(
            way=f"pages at {self._settings.pages_url}",
            doors={**dict.fromkeys(PATHS, pages), "/v1/": rooms.door(lambda made: made.api.site)},
            looks=[keys.require],
            later=[
                rooms.load,
                rooms.then(lambda made: made.pages.writing()),
                rooms.then(lambda made: made.ages.look()),
            ],
            lost=rooms.door(lambda made: made.pages.lost),
            ending=self._end,
        )

    def look_at_policy(self) -> None:
        """The pages can do all that a policy says."""

    def complaints(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Answer those who were let in."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self.rooms is not None and self.rooms.made is not None:
            self.rooms.made.api.close()

    def _end(self) -> None:
        if self.rooms is not None and self.rooms.made is not None:
            self.rooms.made.api.end()


def _rooms(
    settings: WebSettings,
    uses: Uses,
    accounts: Entrance,
    keys: PublishedKeys,
    *,
    equipment: Equipment,
    executor: ThreadPoolExecutor,
) -> "Rooms":
    from handlers.web.rooms import Rooms  # noqa: PLC0415 - a twentieth of a start, which no command needs

    return Rooms(settings, uses, accounts, keys, equipment=equipment, executor=executor)
