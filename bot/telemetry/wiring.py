"""Telemetry as the composition root joins it: without a collector everything is what it was."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from approvals.ports.store import Store
from bot import __version__
from bot.telemetry.gauges import Gauges
from bot.telemetry.otlp import Collector, Exporting
from bot.telemetry.recorder import Recorder
from bot.telemetry.watching import (
    watched_calls,
    watched_door,
    watched_envelopes,
    watched_send,
    watched_store,
    watched_work,
)
from countersign_client import outgoing
from handlers.channel import Door, unwatched


class Telemetry:
    """Watches what it is given. Nothing is sent before `begin`, which loads the libraries."""

    def __init__(self, collector: Collector, *, clock: Callable[[], datetime], owner: str) -> None:
        self._collector, self._clock, self._owner = collector, clock, owner
        self._recorder = Recorder() if collector else None
        self._store: Store | None = None
        self._exporting: Exporting | None = None

    def store(self, store: Store, *, system: str) -> Store:
        self._store = store
        return store if self._recorder is None else watched_store(store, self._recorder, system=system)

    def envelopes(self) -> Callable[[str], Callable[[str], object]]:
        return unwatched if self._recorder is None else watched_envelopes(self._recorder)

    def send(self, send: Callable[..., Any]) -> Callable[..., Any]:
        return send if self._recorder is None else watched_send(send, self._recorder)

    def work(self) -> Callable[[str], Callable[[str], None]] | None:
        return None if self._recorder is None else watched_work(self._recorder)

    def door(self, door: Door, *, routes: Collection[str]) -> Door:
        return door if self._recorder is None else watched_door(door, self._recorder, routes=routes)

    def begin(self) -> None:
        """Load the libraries and send from now on. Not called on a thread that anybody waits for."""
        if self._recorder is None or self._store is None:
            return
        self._exporting = Exporting(
            self._collector,
            self._recorder,
            Gauges(self._store, clock=self._clock),
            version=__version__,
            owner=self._owner,
        )
        if self._collector.traces:
            outgoing.watch(watched_calls(self._recorder))

    def close(self) -> None:
        """Send what is left, and wait for two seconds at most."""
        if self._exporting is not None:
            outgoing.watch(None)
            self._exporting.close()
