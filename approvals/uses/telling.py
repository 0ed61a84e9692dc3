"""What applications were not told, for whoever runs the service: dead letters, and sending them again."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from approvals.chains import Audit
from approvals.ids import webhook_subject
from approvals.ports.store import Memory, Reads, Work
from approvals.reconcile.webhooks import gone_key
from approvals.refusals.errors import Conflict
from approvals.requests import Request, undecided
from approvals.telling import webhooks
from approvals.telling.webhooks import Message

_LEASE = timedelta(seconds=10)


class TellingStore(Reads, Work, Memory, Audit, Protocol):
    """The part of a store that this needs."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that its receiver never took, and about which request of which application."""

    request: str
    application: str
    message: Message


def dead_letters(store: Work, requests: Iterable[Request]) -> Iterator[DeadLetter]:
    """Those about some requests, in their order."""
    for request in requests:
        if request.action is None or undecided(request):
            continue
        told = webhooks.decoded(store.recorded(webhook_subject(request.action.application, request.id)))
        for message in told.dead:
            yield DeadLetter(request=request.id, application=request.action.application, message=message)


def send_again(
    store: TellingStore, request_id: str, *, by: str, owner: str, now: datetime
) -> Sequence[DeadLetter]:
    """Let the dead letters about a request be sent from the beginning, and its receiver be called again.

    Returns those; there may be none. `by` is on the record, `owner` names this process uniquely. Raises
    `NotFound`, and `Conflict` while somebody is at work on it.
    """
    found = tuple(dead_letters(store, [store.request(request_id)]))
    if not found:
        return ()
    subject = webhook_subject(found[0].application, request_id)
    lease = store.lease(subject, owner=owner, now=now, until=now + _LEASE)
    if lease is None:
        raise Conflict("it is being worked on at this moment: try again in half a minute")
    try:
        told = webhooks.decoded(lease.body)
        for message in told.dead:
            told = told.having(webhooks.again(message))
        store.append(
            at=now,
            actor=by,
            action="webhook.again",
            detail={"request": request_id, "states": [each.message.state for each in found]},
        )
        store.forget(gone_key(found[0].application))
        store.save(lease, webhooks.encoded(told))
    finally:
        store.release(lease, due=now)
    return found
