"""Agents that call a tool while the service is killed, and the people who decide what they may."""

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chaos import calls
from chaos.assistant import Assistant
from chaos.calls import Outcome, Ran
from chaos.deciders import Deciders
from chaos.fronted import Fronted
from chaos.hands import Hand
from chaos.uses import Told
from countersign_client.keys import Keys
from sandbox.app import Sandbox

_HANDS = 2
_LATE = 300.0
"""Seconds in which each comes to its end."""


class Said(NamedTuple):
    """What the tool counted, and what agents were told: of their calls, of uses, and what they had asked for.

    `denied` are the accounts of calls of which people were told that they had denied them. `broken` says which
    agents could not go on, and why.
    """

    ran: Sequence[Ran]
    outcomes: Sequence[Outcome]
    told: Sequence[Told]
    asked: frozenset[str]
    denied: frozenset[str]
    broken: Sequence[str]
    keys: Keys


class Agents:
    """One behind a proxy and some at `/v1`, all of one application. `url` is where the service is called."""

    def __init__(self, folder: Path, box: Sandbox, *, url: str, seed: int) -> None:
        self._over, self._left = threading.Event(), threading.Event()
        self.assistant = Assistant(box, url)
        self._fronted = Fronted(folder, self.assistant, seed=seed, over=self._over)
        self._hands = [Hand(each, self.assistant, seed=seed, over=self._over) for each in range(_HANDS)]
        plays = [self._fronted.play, *(each.play for each in self._hands)]
        self._agents = [threading.Thread(target=each, daemon=True) for each in plays]
        self._deciders = Deciders(box, seed=seed, over=self._left)
        self._people = threading.Thread(target=self._deciders.play, daemon=True)

    def begin(self) -> None:
        """Let them act, and people decide on what they ask for."""
        for each in (*self._agents, self._people):
            each.start()

    def end(self) -> None:
        """Let each bring to its end what it has begun; people decide as long."""
        self._over.set()
        for each in self._agents:
            each.join(_LATE)
        self._left.set()
        self._people.join(30)

    def counts(self) -> Counter[str]:
        """What happened to them."""
        return sum((each.counts for each in self._hands), self._fronted.counts)

    def said(self) -> Said:
        """All that they were told, once it is over."""
        late = ["an agent does not come to its end" for each in self._agents if each.is_alive()]
        return Said(
            ran=calls.counted(self._fronted.ledger),
            outcomes=tuple(self._fronted.outcomes),
            told=tuple(told for each in self._hands for told in each.told),
            asked=frozenset(name for each in self._hands for name in each.asked),
            denied=frozenset(self._deciders.denied),
            broken=(*self._fronted.broken, *late),
            keys=self.assistant.keys,
        )
