"""The applications' API, opened: people as applications bring them, and the doors of `/v1`."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.applications.accounts import BroughtAccounts
from handlers.applications.answering import Answering
from handlers.applications.authzen import answering as authzen
from handlers.applications.authzen.bindings import Bindings
from handlers.applications.authzen.evaluating import Evaluating
from handlers.applications.authzen.requesting import Requesting
from handlers.applications.authzen.tasks import Tasks
from handlers.applications.changing import Changes
from handlers.applications.credentials import is_an_application_s
from handlers.applications.documents import Writer
from handlers.applications.looking import Looking
from handlers.applications.persons import Persons
from handlers.applications.settings import ApplicationSettings
from handlers.applications.site import Answers, Site
from handlers.channel import Equipment, Served
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
        self.polls: Polls | None = None

    def serve(self, uses: Uses, accounts: Entrance) -> Served:
        """Let applications of the policy call."""
        equipment = self._equipment
        self.polls = Polls(uses.looking.versions, executor=self._watch, places=PLACES, of_one=OF_ONE)
        callers = Callers(
            url=self._settings.url,
            policy=equipment.policy,
            send=equipment.outside.fetch,
            clock=equipment.clock,
            seldom=equipment.seldom,
        )
        answers = self._answers(uses)
        site = Site(callers, answers, polls=self.polls, equipment=equipment, executor=self._pool)
        return Served(
            way=f"applications at {self._settings.url}",
            doors=site.doors(),
            takes=is_an_application_s,
            ending=self.polls.end,
        )

    def _answers(self, uses: Uses) -> Mapping[str, Answers]:
        """Both ways to ask, by the paths of their doors, over the same uses."""
        equipment, calls = self._equipment, Once(uses.marking)
        writer = Writer(equipment.pages_url)
        changes = self._changes(uses, writer)
        here = Answering(Looking(uses, writer), changes, calls=calls)
        front = self._front(uses, changes, calls)
        return {"/v1/": here, **dict.fromkeys(authzen.DOORS, front)}

    def _front(self, uses: Uses, changes: Changes, calls: Once) -> Answers:
        equipment, url = self._equipment, self._settings.url
        bindings, tasks = Bindings(equipment.memory, url), Tasks(url, equipment.pages_url)
        return authzen.Answering(
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

    def look_at_policy(self) -> None:
        """The API can do all that a policy says."""

    def complaints(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Answer those who were let in."""
        for pool in (self._pool, self._watch):
            pool.shutdown(wait=True, cancel_futures=True)
