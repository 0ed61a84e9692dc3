"""What there is to do behind the listeners, and the lanes on which it is done: so many threads each."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:  # loaded with the work, once that may begin
    from approvals.reconcile.runner import Reconciler

THREADS = 8
"""Threads for each kind of work."""

ENDING = 32
"""Threads that take access away and do nothing else."""

SHARES = {"request": THREADS // 2, "webhook": THREADS // 2}
"""So many of them work for one person, or for one application that is told."""

MORE = {"webhook": 2 * THREADS}
"""Receivers are strangers, and several of them may take all their time at once."""


class Work(msgspec.Struct, frozen=True):
    """What there is to do. Each of the `chores` says whether there is more of it. `leave` is called when all this
    stops: what is under way and can be done again is waited for no longer.
    """

    reconciler: "Reconciler"
    chores: Sequence[Callable[[], bool]] = ()
    leave: Callable[[], object] = lambda: None


def counts(work: Work) -> Mapping[str, int]:
    """Threads by lane.

    Each kind has threads of its own: taking access away never waits for a slow channel. What has to end has
    others besides: it waits for no grant and no look whose resource does not answer.
    """
    kinds = work.reconciler.kinds
    usual = {kind: MORE.get(kind, THREADS) for kind in kinds}
    return usual | {ending(kind): ENDING for kind in kinds if work.reconciler.takes_away(kind)}


def ending(kind: str) -> str:
    """The lane that takes away what a kind gives."""
    return f"{kind}-end"
