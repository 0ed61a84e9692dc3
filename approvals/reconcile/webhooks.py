"""Telling applications: one try a pass, whose intent is kept before it is made."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from approvals.ids import webhook_request
from approvals.policy.model import Policy
from approvals.policy.parties import Application
from approvals.ports.receivers import Answer, Receivers
from approvals.ports.store import Lease, Memory, Reads, Work
from approvals.reconcile.doors import Doors
from approvals.refusals.errors import Unavailable
from approvals.refusals.reasons import Reason, reason
from approvals.telling import webhooks
from approvals.telling.webhooks import Message, Told

_TAKEN = range(200, 300)
_LONGEST = 300
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
        self._doors = Doors(clock)

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
            self._give_up(lease, kept, kept.open, reason("webhook.nowhere"))
            return None
        if self._wants_nothing(application):
            self._give_up(lease, told, told.open, reason("webhook.gone"))
            return None
        return self._next(lease, told, application)

    def _wants_nothing(self, application: Application) -> bool:
        """It said so at this address. Another address knows nothing of it, nor does this one after another."""
        gone = self._store.recall(gone_key(application.id))
        if gone is not None and gone != application.webhook:
            self._store.forget(gone_key(application.id))
        return gone == application.webhook

    def _next(self, lease: Lease, told: Told, application: Application) -> datetime | None:
        message = next(iter(told.open), None)
        if message is None:
            return None
        if message.due is not None and message.due > self._clock():
            return message.due
        if webhooks.is_over(message):
            told = self._give_up(lease, told, [message], reason("webhook.unended"))
            return next((each.due or each.at for each in told.open), None)
        with self._doors.through(application.webhook) as waits_until:
            if waits_until is not None:
                return waits_until
            return self._try(lease, told, message, application)

    def _give_up(self, lease: Lease, told: Told, messages: Sequence[Message], why: Reason) -> Told:
        for message in messages:
            told = told.having(webhooks.dead(message, why))
            _log.warning("%s is given up: %s", message.id, why)
        if messages:
            self._store.save(lease, webhooks.encoded(told))
        return told

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
            after = webhooks.failed(message, reason("webhook.silent", said=str(error)[:_LONGEST]))
        else:
            after = self._answered(message, answer, application)
        if after.outcome != "taken":
            _log.warning("%s was not taken by %s: %s", message.id, application.id, after.why)
        if after.outcome == "dead":
            _log.warning("%s is given up: `countersign app webhooks` lists it", message.id)
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
            return webhooks.dead(message, reason("webhook.gone"))
        rest = webhooks.rests_until(answer.status, answer.retry_after, now=self._clock())
        if rest is not None:
            self._doors.rest(application.webhook, rest)
        return webhooks.failed(message, reason("webhook.status", status=answer.status), rests_until=rest)
