"""What people do, a module for each use. What changes something ends in one durable commit or raises."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from approvals.cases import Cases
from approvals.freezing import Freeze
from approvals.limits import Filings
from approvals.ports.store import Reads, Requests, Work
from approvals.tokens import Tokens
from approvals.uses.asking import Asking
from approvals.uses.commits import Commits
from approvals.uses.deciding import Deciding
from approvals.uses.ending import Ending
from approvals.uses.looking import Looking


class UsesStore(Requests, Reads, Filings, Work, Protocol):
    """The part of a store that the uses need."""


class Uses(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that people do, whatever channel they came by. Who needs one part is given that part."""

    asking: Asking
    deciding: Deciding
    ending: Ending
    looking: Looking

    @classmethod
    def joined(
        cls,
        *,
        store: UsesStore,
        tokens: Tokens,
        cases: Cases,
        freeze: Freeze,
        woken: Callable[[Sequence[str]], None],
    ) -> "Uses":
        """`woken` is told which subjects a commit made due; it must not raise or block."""
        commits = Commits(store=store, freeze=freeze, woken=woken)
        ending = Ending(store=store, cases=cases, commits=commits)
        return cls(
            asking=Asking(store=store, tokens=tokens, cases=cases, freeze=freeze, commits=commits, ending=ending),
            deciding=Deciding(store=store, tokens=tokens, cases=cases, freeze=freeze, commits=commits),
            ending=ending,
            looking=Looking(store=store, cases=cases, freeze=freeze),
        )
