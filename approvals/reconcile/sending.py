"""One message to one reader, outside of any request: sent once, tried again while its channel does not answer."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from approvals.ports.messages import ChannelError, Posted
from approvals.ports.store import Lease
from approvals.reconcile.backoff import again_in
from approvals.refusals.errors import Unavailable

SEND = 5.0
"""Seconds for each message."""

_REST = timedelta(seconds=10)
"""So long before its lease is over a pass begins no further message."""

_log = logging.getLogger(__name__)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come. `trouble` says why it never will be sent, `next` when it is tried again."""

    posted: Posted | None = None
    trouble: str = ""
    tries: int = 0
    next: datetime | None = None

    @property
    def settled(self) -> bool:
        """Nothing more comes of it: it was sent, or never can be."""
        return self.posted is not None or bool(self.trouble)

    def waits(self, now: datetime) -> bool:
        """Its channel did not answer, and the time of the next try has not come."""
        return self.next is not None and self.next > now


M = TypeVar("M", bound=Mark)


def is_late(lease: Lease, *, now: datetime) -> bool:
    """No further message may be begun under this lease."""
    return now > lease.until - _REST


def attempt(
    mark: M, send: Callable[[], M], *, failed: str, clock: Callable[[], datetime], level: int = logging.WARNING
) -> M:
    """Send it, and return the mark after that. `failed` says for the log what did not come about, and
    `level` how loudly where it never will.

    What its channel refuses is given up for good; where it does not answer, the next try is put off further and
    further, and at least as long as it asks for.
    """
    try:
        return send()
    except ChannelError as error:
        _log.log(level, "%s, and never will be: %s", failed, error)
        return msgspec.structs.replace(mark, trouble=str(error), next=None)
    except Unavailable as error:
        tries = mark.tries + 1
        _log.info("%s yet: %s", failed, error)
        return msgspec.structs.replace(mark, tries=tries, next=clock() + again_in(tries, error))
