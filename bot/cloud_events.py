"""Events as messages of Pub/Sub: CloudEvents 1.0 in the binary content mode of its Pub/Sub binding.

Sources: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md; section 3.1 of "Google Cloud Pub/Sub
Protocol Binding for CloudEvents", googleapis/google-cloudevents, docs/spec/pubsub.md. Attributes outside of the
data let a subscription choose by them.
"""

import json
from collections.abc import Callable, Sequence

from approvals.ports.announcers import Message, Publish
from approvals.telling.events import Event

TYPE = "countersign."
"""What every type begins with."""


class TopicEvents:
    """Implements `Events` by messages to a topic."""

    def __init__(self, publish: Publish, *, instance: Callable[[], str]) -> None:
        """`instance` names the installation; it may raise what its store does."""
        self._publish = publish
        self._instance = instance

    def publish(self, events: Sequence[Event], *, timeout: float) -> None:
        """Publish them in one call. Raises `Unavailable`, or `NotTaken`."""
        source = f"countersign:{self._instance()}"
        self._publish([message(each, source=source) for each in events], timeout=timeout)


def message(event: Event, *, source: str) -> Message:
    """An event as a message. The specification wants its data as they are, and each attribute by itself."""
    attributes = {
        "ce-specversion": "1.0",
        "ce-id": event.id,
        "ce-source": source,
        "ce-type": TYPE + event.type,
        "ce-subject": event.subject,
        "ce-time": event.at,
        "content-type": "application/json",
    }
    return Message(data=json.dumps(event.data, ensure_ascii=False).encode(), attributes=attributes)
