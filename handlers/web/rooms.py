"""What is behind the pages' doors, and the API's beside them."""

from concurrent.futures import Executor

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.api.opened import Api
from handlers.channel import Equipment
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


class Rooms:
    """The pages and the API over the same uses, for whoever the proxy lets in. The pages work in `executor`."""

    def __init__(
        self,
        settings: WebSettings,
        uses: Uses,
        accounts: Entrance,
        keys: PublishedKeys,
        *,
        equipment: Equipment,
        executor: Executor,
    ) -> None:
        audiences, clock = settings.audiences, equipment.clock
        self.ages = Reauthentication(audiences, settings=equipment.outside.iap_settings, clock=clock)
        assertions = Assertions(audiences, find=keys.find)
        visitors = Visitors(assertions, accounts, equipment, within=self.ages.within)
        self.pages = _pages(uses, visitors, equipment=equipment, executor=executor)
        self.api = Api(uses, visitors, equipment)


def _pages(uses: Uses, visitors: Visitors, *, equipment: Equipment, executor: Executor) -> Site:
    proofs = Proofs(equipment.memory, clock=equipment.clock)
    return Site(
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
        executor=executor,
    )
