"""Signals, opened: nobody is reached or comes in by them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from approvals.identities import Entrance
from approvals.uses import Uses
from handlers.channel import Equipment, Served
from handlers.identity.keys import KeySets
from handlers.identity.secevent import Events
from handlers.signals.door import PATH, Ear

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
        equipment = self._equipment
        events = Events(
            policy=equipment.policy,
            keys=KeySets(equipment.outside.fetch, equipment.clock, most=_WAITING),
        )
        return Served(doors={PATH: Ear(events, uses.heeding, equipment=equipment, executor=self._pool)})

    def look_at_policy(self) -> None:
        """Whatever a policy says of signals can be heard."""

    def complaints(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Answer those who were let in."""
        self._pool.shutdown(wait=True, cancel_futures=True)
