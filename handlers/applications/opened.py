"""The applications' API, opened: people as applications bring them, and the doors of `/v1`."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.applications.accounts import BroughtAccounts
from handlers.applications.credentials import is_an_application_s
from handlers.applications.looking import Looking
from handlers.applications.settings import ApplicationSettings
from handlers.applications.site import Site
from handlers.channel import Equipment, Served
from handlers.identity.application import Callers

_THREADS = 16


class Applications:
    """Implements `Opened`. No message goes out by it. Its threads are its own: no program holds up a click."""

    messenger = None

    def __init__(self, settings: ApplicationSettings, equipment: Equipment) -> None:
        self._settings = settings
        self._equipment = equipment
        self.accounts = BroughtAccounts(clock=equipment.clock)
        self._pool = ThreadPoolExecutor(_THREADS)

    def serve(self, uses: Uses, accounts: Entrance) -> Served:
        """Let applications of the policy call."""
        equipment = self._equipment
        callers = Callers(
            url=self._settings.url,
            policy=equipment.policy,
            send=equipment.outside.fetch,
            clock=equipment.clock,
            seldom=equipment.seldom,
        )
        site = Site(callers, Looking(equipment), equipment=equipment, executor=self._pool)
        return Served(way=f"applications at {self._settings.url}", doors=site.doors(), takes=is_an_application_s)

    def look_at_policy(self) -> None:
        """The API can do all that a policy says."""

    def complaints(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Answer those who were let in."""
        self._pool.shutdown(wait=True, cancel_futures=True)
