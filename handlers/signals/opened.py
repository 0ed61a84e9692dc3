"""Signals, opened: nobody is reached or comes in by them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.channel import Equipment, Served
from handlers.doors import Behind
from handlers.identity.keys import KeySets

if TYPE_CHECKING:  # loaded once the first answer may have gone out, or with the first signal
    from handlers.signals.door import Ear

PATH = "/signals"
_THREADS = 4
_WAITING = 2
"""Threads that wait for the first keys of one transmitter: it holds up none of the others."""


class Signals:
    """Implements `Opened`. Its threads are its own: no transmitter holds up a click."""

    accounts = None
    messenger = None

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="signals")

    def serve(self, uses: Uses, _: Entrance) -> Served:
        """Hear the transmitters of the policy."""
        ear = Behind("what hears signals", partial(self._ear, uses), executor=self._pool)
        return Served(doors={PATH: ear.door(lambda made: made)}, later=[ear.load])

    def _ear(self, uses: Uses) -> "Ear":
        from handlers.identity.secevent import Events  # noqa: PLC0415 - no answer in Slack needs it
        from handlers.signals.door import Ear  # noqa: PLC0415

        equipment = self._equipment
        keys = KeySets(equipment.outside.fetch, equipment.clock, most=_WAITING)
        events = Events(policy=equipment.policy, keys=keys)
        return Ear(events, uses.heeding, equipment=equipment, executor=self._pool)

    def look_at_policy(self) -> None:
        """Whatever a policy says of signals can be heard."""

    def complaints(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Answer those who were let in."""
        self._pool.shutdown(wait=True, cancel_futures=True)
