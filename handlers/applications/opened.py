"""The applications' API, opened: people as applications bring them, and the doors of `/v1`."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.applications.accounts import BroughtAccounts
from handlers.applications.credentials import is_an_application_s
from handlers.applications.paths import PATHS
from handlers.applications.settings import ApplicationSettings
from handlers.channel import Equipment, Served
from handlers.doors import Behind

if TYPE_CHECKING:  # loaded once the first answer may have gone out, or with the first call
    from handlers.applications.rooms import Rooms

_THREADS = 16


class Applications:
    """Implements `Opened`. No message goes out by it. Its threads are its own: no program holds up a click."""

    messenger = None

    def __init__(self, settings: ApplicationSettings, equipment: Equipment) -> None:
        self._settings = settings
        self._equipment = equipment
        self.accounts = BroughtAccounts(clock=equipment.clock)
        self._pool = ThreadPoolExecutor(_THREADS)
        self._watch = ThreadPoolExecutor(1)
        self.rooms: Behind[Rooms] | None = None

    def serve(self, uses: Uses, accounts: Entrance) -> Served:
        """Let applications of the policy call."""
        rooms = self.rooms = Behind("the applications' API", partial(self._made, uses), executor=self._pool)
        return Served(
            way=f"applications at {self._settings.url}",
            doors=dict.fromkeys(PATHS, rooms.door(lambda made: made.site)),
            later=[rooms.load],
            takes=is_an_application_s,
            ending=self._end,
        )

    def _made(self, uses: Uses) -> "Rooms":
        from handlers.applications.rooms import Rooms  # noqa: PLC0415 - a twentieth of a start, which no command needs

        return Rooms(self._settings, uses, equipment=self._equipment, executor=self._pool, watch=self._watch)

    def look_at_policy(self) -> None:
        """The API can do all that a policy says."""

    def complaints(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Answer those who were let in."""
        for pool in (self._pool, self._watch):
            pool.shutdown(wait=True, cancel_futures=True)

    def _end(self) -> None:
        if self.rooms is not None and self.rooms.made is not None:
            self.rooms.made.polls.end()
