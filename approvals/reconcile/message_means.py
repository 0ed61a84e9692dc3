"""What the messages of requests are brought up to date with."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec

from approvals.freezes.frozen import Freeze
from approvals.ports.store import Reads, Work
from approvals.reconcile.rolls import Rolls
from approvals.reconcile.ways import MessageRouter
from approvals.tokens import Tokens


class MessageStore(Reads, Work, Protocol):
    """The part of a store that messages need."""


class MessageMeans(msgspec.Struct, frozen=True, kw_only=True):
    """What messages are brought up to date with."""

    store: MessageStore
    tokens: Tokens
    router: MessageRouter
    rolls: Rolls
    freeze: Freeze
    clock: Callable[[], datetime]
    looks_back: bool = False
