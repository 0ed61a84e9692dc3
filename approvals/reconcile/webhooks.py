"""Telling applications: one try a pass, whose intent is kept before it is made."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from approvals import webhooks
from approvals.errors import Unavailable
from approvals.ids import webhook_request
from approvals.policy.model import Application, Policy
from approvals.ports.receivers import Answer, Receivers
from approvals.ports.store import Lease, Memory, Reads, Work
from approvals.webhooks import Message, Told

PLACES = 3
"""Calls to one receiver at a time: one that is slow or dead holds up nobody else's messages."""

BUSY = timedelta(seconds=10)
"""After so long a message that found no place is looked at again."""

_TAKEN = range(200, 300)
_NOWHERE = "the policy names no webhook for its application any more"
_log = logging.getLogger(__name__)


class WebhookStore(Reads, Work, Memory, Protocol):
    """The part of a store that telling needs."""


def gone_key(application: str) -> str:
    """Under which it is remembered that a receiver wants nothing more: its address, as it was called then."""
    return f"webhook-gone:{application}"


class WebhookWorker:
    """Tells whoever asked what has become of a request. Without `receivers` nobody can be told."""

    def __init__(
        self,
        *,
        store: WebhookStore,
        policy: Callable[[], Policy],
        receivers: Receivers | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._policy = policy
        self._receivers = receivers
        self._clock = clock
        self._doors = _Doors(clock)

    def __call__(self, lease: Lease) -> datetime | None:
        """Make the one try that is due, and say when the next one is. Raises what the store does."""
        request = self._store.request(webhook_request(lease.subject))
        if request.action is None:
            return None
        kept = webhooks.decoded(lease.body)
        told = webhooks.caught_up(kept, request)
        application = self._policy().applications.get(request.action.application)
        if application is None or not application.webhook:
            # What was never to go anywhere is missed by nobody.
            self._give_up(lease, kept, kept.open, _NOWHERE)
            return None
        if self._store.recall(gone_key(application.id)) == application.webhook:
            self._give_up(lease, told, told.open, _said_gone(application))
            return None
        return self._next(lease, told, application)

    def _next(self, lease: Lease, told: Told, application: Application) -> datetime | None:
        message = next(iter(told.open), None)
        if message is None:
            return None
        if message.due is not None and message.due > self._clock():
            return message.due
        with self._doors.through(application.webhook) as waits_until:
            if waits_until is not None:
                return waits_until
            return self._try(lease, told, message, application)

    def _give_up(self, lease: Lease, told: Told, messages: Sequence[Message], why: str) -> None:
        for message in messages:
            told = told.having(webhooks.dead(message, why))
        if messages:
            self._store.save(lease, webhooks.encoded(told))

    def _try(self, lease: Lease, told: Told, message: Message, application: Application) -> datetime | None:
        now = self._clock()
        begun = webhooks.begin(message, now=now)
        # Whoever dies in the call has made a try: what is kept now says so, and when the next one is due.
        lease = self._store.save(lease, webhooks.encoded(told.having(begun)))
        body = webhooks.payload(begun, webhook_request(lease.subject))
        told = told.having(self._posted(begun, application, body, now=now))
        self._store.save(lease, webhooks.encoded(told))
        return next((each.due or now for each in told.open), None)

    def _posted(self, message: Message, application: Application, body: bytes, *, now: datetime) -> Message:
        try:
            answer = self._asked(application, message.id, body, now=now)
        except Unavailable as error:
            after = webhooks.failed(message, str(error))
        else:
            after = self._answered(message, answer, application)
        if after.outcome != "taken":
            given_up = " and is given up: `countersign app webhooks` lists it" if after.outcome == "dead" else ""
            _log.warning("%s was not taken by %s%s: %s", message.id, application.id, given_up, after.why)
        return after

    def _asked(self, application: Application, message_id: str, body: bytes, *, now: datetime) -> Answer:
        if self._receivers is None:
            raise Unavailable("this service tells nobody")
        return self._receivers.post(application, message_id, body, now=now)

    def _answered(self, message: Message, answer: Answer, application: Application) -> Message:
        if answer.status in _TAKEN:
            return webhooks.taken(message)
        if answer.status == webhooks.GONE:
            self._store.remember(gone_key(application.id), application.webhook)
            return webhooks.dead(message, _said_gone(application))
        rest = webhooks.rests_until(answer.status, answer.retry_after, now=self._clock())
        if rest is not None:
            self._doors.rest(application.webhook, rest)
        return webhooks.failed(message, f"it answered HTTP {answer.status}", rests_until=rest)


def _said_gone(application: Application) -> str:
    return f"its receiver said that it is gone (HTTP 410), so {application.id} is told of nothing more"


class _Doors:
    """How many are at each receiver's door, and until when it is left alone. Another process knows for itself."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()
        self._resting: dict[str, datetime] = {}

    @contextmanager
    def through(self, url: str) -> Iterator[datetime | None]:
        """Give a place, or say until when there is none."""
        with self._lock:
            waits_until = self._waits_until(url)
            if waits_until is None:
                self._inside[url] += 1
        try:
            yield waits_until
        finally:
            if waits_until is None:
                with self._lock:
                    self._inside[url] -= 1

    def rest(self, url: str, until: datetime) -> None:
        """Leave it alone until then."""
        with self._lock:
            self._resting[url] = until

    def _waits_until(self, url: str) -> datetime | None:
        now = self._clock()
        until = self._resting.get(url)
        if until is not None and until > now:
            return until
        self._resting.pop(url, None)
        return now + BUSY if self._inside[url] >= PLACES else None
