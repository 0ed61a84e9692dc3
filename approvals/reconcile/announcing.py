"""Telling announcers of activations: at least once, each by itself, and never in the way of anything else."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from approvals.ids import activation_request
from approvals.ports.announcers import Announcer
from approvals.ports.store import Lease, Reads, Work
from approvals.reconcile.backoff import again_in
from approvals.refusals.errors import NotSent, Unavailable
from approvals.telling.activations import Activation, activations
from countersign_client import shapes

TIMEOUT = 5.0
"""Seconds that telling may take."""

_LONGEST = 300
_log = logging.getLogger(__name__)


class AnnouncingStore(Reads, Work, Protocol):
    """The part of a store that announcing needs."""


class _Try(msgspec.Struct, frozen=True, kw_only=True):
    """How often somebody was told of one thing in vain, and when it is tried again; `done`: they know."""

    tries: int = 0
    due: datetime | None = None
    done: bool = False


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of one request, by announcer and kind."""

    v: int = 1
    told: Mapping[str, _Try] = {}


class AnnouncingWorker:
    """Works on `activation:ID`. Who fails is asked again later, and keeps no other from being told."""

    def __init__(
        self, *, store: AnnouncingStore, announcers: Sequence[Announcer], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._announcers = announcers
        self._clock = clock

    def __call__(self, lease: Lease) -> datetime | None:
        """Tell what is not told yet, and say when the next try is due. Raises what the store does."""
        request = self._store.request(activation_request(lease.subject))
        told = shapes.decode(lease.body, _Told) if lease.body else _Told()
        dues = []
        for announcer in self._announcers:
            for activation in activations(request, now=self._clock()):
                key = f"{announcer.name}.{activation.kind}"
                found = told.told.get(key, _Try())
                if not found.done and (found.due is None or found.due <= self._clock()):
                    found = self._try(announcer, activation, found)
                    told = msgspec.structs.replace(told, told={**told.told, key: found})
                    lease = self._store.save(lease, msgspec.json.encode(told))
                if not found.done:
                    # What follows waits for it: an approval is told after what was asked.
                    dues.append(found.due)
                    break
        return min((due for due in dues if due is not None), default=None)

    def _try(self, announcer: Announcer, activation: Activation, before: _Try) -> _Try:
        try:
            announcer.announce(activation, timeout=TIMEOUT)
        except Exception as error:  # noqa: BLE001 - what one of them does not take is no matter of the others
            tries = before.tries + 1
            said = f"{'' if isinstance(error, Unavailable) else f'{type(error).__name__}: '}{error}"[:_LONGEST]
            _log.log(
                logging.DEBUG if isinstance(error, NotSent) else logging.WARNING,
                "%s was not told of %s of %s: %s",
                announcer.name,
                activation.kind,
                activation.request.id,
                said,
            )
            return _Try(tries=tries, due=self._clock() + again_in(tries, error))
        return _Try(tries=before.tries, done=True)
