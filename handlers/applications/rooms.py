"""What is behind the applications' doors: both ways to ask, over the same uses."""

from collections.abc import Mapping
from concurrent.futures import Executor

from approvals.uses import Uses
from handlers.applications.answering import Answering
from handlers.applications.authzen.answering import Answering as Front
from handlers.applications.authzen.bindings import Bindings
from handlers.applications.authzen.evaluating import Evaluating
from handlers.applications.authzen.requesting import Requesting
from handlers.applications.authzen.tasks import Tasks
from handlers.applications.changing import Changes
from handlers.applications.documents import Writer
from handlers.applications.looking import Looking
from handlers.applications.paths import AUTHZEN, OWN
from handlers.applications.persons import Persons
from handlers.applications.settings import ApplicationSettings
from handlers.applications.site import Answers, Site
from handlers.channel import Equipment
from handlers.identity.application import Callers
from handlers.identity.issuers import Issuers
from handlers.identity.keys import PublishedKeys
from handlers.identity.oidc import People
from handlers.identity.stepup import StepUps
from handlers.wire.once import Once
from handlers.wire.polls import Polls

PLACES = 1_200
"""Calls that may wait at once on one instance."""

OF_ONE = 1_000
"""Calls of one application that may."""


class Rooms:
    """Lets applications of the policy call. Calls are worked on in `executor`, and `watch` looks for changes."""

    def __init__(
        self,
        settings: ApplicationSettings,
        uses: Uses,
        *,
        equipment: Equipment,
        executor: Executor,
        watch: Executor,
    ) -> None:
        self._settings = settings
        self._equipment = equipment
        self.polls = Polls(uses.looking.versions, executor=watch, places=PLACES, of_one=OF_ONE)
        callers = Callers(
            url=settings.url,
            policy=equipment.policy,
            send=equipment.outside.fetch,
            clock=equipment.clock,
            seldom=equipment.seldom,
        )
        self.site = Site(callers, self._answers(uses), polls=self.polls, equipment=equipment, executor=executor)

    def _answers(self, uses: Uses) -> Mapping[str, Answers]:
        """Both ways to ask, by the paths of their doors, over the same uses."""
        equipment, calls = self._equipment, Once(uses.marking)
        writer = Writer(equipment.pages_url)
        changes = self._changes(uses, writer)
        here = Answering(Looking(uses, writer), changes, calls=calls)
        front = self._front(uses, changes, calls)
        return {OWN: here, **dict.fromkeys(AUTHZEN, front)}

    def _front(self, uses: Uses, changes: Changes, calls: Once) -> Answers:
        equipment, url = self._equipment, self._settings.url
        bindings, tasks = Bindings(equipment.memory, url), Tasks(url, equipment.pages_url)
        return Front(
            Evaluating(uses, changes, bindings, equipment=equipment),
            Requesting(uses, changes, bindings, tasks, equipment=equipment),
            bindings,
            calls=calls,
            policy=equipment.policy,
        )

    def _changes(self, uses: Uses, writer: Writer) -> Changes:
        equipment = self._equipment
        step_ups = StepUps(equipment.memory)
        proxy = PublishedKeys(self._settings.proxy_keys_url, send=equipment.send, clock=equipment.clock)
        people = People(
            policy=equipment.policy,
            issuers=Issuers(equipment.outside.fetch, clock=equipment.clock),
            proxy_key=proxy.find,
            seldom=equipment.seldom,
        )
        return Changes(uses, Persons(people, step_ups), step_ups, writer, equipment=equipment)
