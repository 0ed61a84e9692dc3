"""The pages, opened: accounts whose word is their assertion, and the doors behind Identity-Aware Proxy."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.api.opened import Api
from handlers.channel import Equipment, Served
from handlers.identity.accounts import IapAccounts
from handlers.identity.iap import Assertions
from handlers.identity.keys import PublishedKeys
from handlers.identity.reauthentication import Reauthentication
from handlers.identity.visitors import Visitors
from handlers.web.applications import Applications
from handlers.web.asking import Asking
from handlers.web.away import Away
from handlers.web.drift import Drifts
from handlers.web.drill import Drills
from handlers.web.forms import Proofs
from handlers.web.freezes import Freezes
from handlers.web.history import History
from handlers.web.numbers import Numbers
from handlers.web.overview import Overview
from handlers.web.review import Review
from handlers.web.settings import WebSettings
from handlers.web.site import Site

_READERS = 16


class Web:
    """Implements `Opened`. No message goes out by it."""

    messenger = None

    def __init__(self, settings: WebSettings, equipment: Equipment) -> None:
        self._settings = settings
        self._equipment = equipment
        self.accounts = IapAccounts(clock=equipment.clock)
        self._pool = ThreadPoolExecutor(_READERS)
        self._api = Api()

    def serve(self, uses: Uses, accounts: Entrance) -> Served:
        """Let people in who come through the proxy; without an audience nobody, for nobody could be told apart."""
        if not self._settings.audiences:
            return Served()
        equipment, pages_url = self._equipment, self._settings.pages_url
        keys = PublishedKeys(self._settings.keys_url, send=equipment.send, clock=equipment.clock)
        assertions = Assertions(self._settings.audiences, find=keys.find)
        ages = Reauthentication(
            self._settings.audiences, settings=equipment.outside.iap_settings, clock=equipment.clock
        )
        visitors = Visitors(assertions, accounts, equipment, within=ages.within)
        proofs = Proofs(equipment.memory, clock=equipment.clock)
        site = Site(
            visitors,
            review=Review(uses, proofs, visitors, equipment),
            overview=Overview(uses, visitors),
            asking=Asking(uses, proofs, visitors),
            history=History(uses, visitors, equipment),
            applications=Applications(uses, visitors),
            freezes=Freezes(uses, proofs, visitors),
            numbers=Numbers(uses, visitors),
            away=Away(uses, proofs, visitors),
            drifts=Drifts(uses, visitors),
            drills=Drills(uses, proofs, visitors),
            equipment=equipment,
            executor=self._pool,
        )
        doors = {**site.doors(), **self._api.doors(uses, visitors, equipment)}
        return Served(
            way=f"pages at {pages_url}",
            doors=doors,
            looks=[keys.require],
            later=[site.writing, ages.look],
            lost=site.lost,
            ending=self._api.end,
        )

    def look_at_policy(self) -> None:
        """The pages can do all that a policy says."""

    def complaints(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Answer those who were let in."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._api.close()
