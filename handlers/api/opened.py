"""The API put together over the uses."""

from concurrent.futures import ThreadPoolExecutor

from approvals.uses import Uses
from handlers.api.absence import AbsenceCalls
from handlers.api.changing import Changes
from handlers.api.documents import Writer
from handlers.api.freezes import Freezes
from handlers.api.history import History
from handlers.api.looking import Looking
from handlers.api.site import Site
from handlers.channel import Equipment
from handlers.identity.visitors import Visitors
from handlers.wire.once import Once
from handlers.wire.polls import Polls

PLACES = 64
"""Calls that may wait at once."""

OF_ONE = 4
"""Calls of one account that may."""

_THREADS = 8


class Api:
    """Threads of its own, so that no program holds up a page or a click."""

    def __init__(self, uses: Uses, visitors: Visitors, equipment: Equipment) -> None:
        self._pool = ThreadPoolExecutor(_THREADS)
        self._watch = ThreadPoolExecutor(1)
        self.polls = Polls(uses.looking.versions, executor=self._watch, places=PLACES, of_one=OF_ONE)
        writer = Writer(equipment.pages_url)
        self.site = Site(
            visitors,
            Looking(uses, visitors, writer),
            History(uses, writer),
            Changes(uses, visitors, writer),
            writer,
            freezes=Freezes(uses, visitors),
            absences=AbsenceCalls(uses, visitors),
            uses=uses,
            calls=Once(uses.answering),
            polls=self.polls,
            equipment=equipment,
            executor=self._pool,
        )

    def end(self) -> None:
        """Let nobody wait for a change any more."""
        self.polls.end()

    def close(self) -> None:
        """Answer those who were let in."""
        for pool in (self._pool, self._watch):
            pool.shutdown(wait=True, cancel_futures=True)
