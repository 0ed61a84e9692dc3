"""What the work on bindings needs from outside, and how long it waits for it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from approvals.freezes.frozen import Freeze
from approvals.ports.store import Installation, Reads, Requests, Work
from approvals.ports.targets import Granter

READ = timedelta(seconds=5)
WRITE = timedelta(seconds=10)
"""How long a read and a write of an IAM policy may take."""

LAG = timedelta(seconds=10)
"""How long reads may lag behind writes and behind each other (IAM is eventually consistent)."""

_NAMED = 5


class BindingStore(Requests, Reads, Work, Protocol):
    """The part of a store that this work needs."""


class BindingMeans(Protocol):
    """What a pass works with. `pause` waits so many seconds: for a burst, or before another attempt."""

    store: BindingStore
    granter: Granter
    installation: Callable[[], Installation]
    freeze: Freeze
    clock: Callable[[], datetime]
    pause: Callable[[float], None]


def about(requests: Iterable[str]) -> str:
    """Some of the requests that a call is for, for Google's audit log."""
    return ", ".join(list(dict.fromkeys(requests))[:_NAMED])
