"""Topics of Pub/Sub and what was published to them.

Source: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish and its quotas.
"""

import base64
import binascii
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sandbox.google.errors import GoogleError, invalid

MESSAGES, LARGEST = 1000, 10 * 1000 * 1000
"""Messages and bytes of one call at most."""

ATTRIBUTES, NAME, VALUE = 100, 256, 1024
"""Attributes of a message, and bytes of an attribute's name and value at most (quotas of Pub/Sub)."""


class Published(NamedTuple):
    """A message as it was published."""

    data: bytes
    attributes: Mapping[str, str]


class Topics:
    """Every topic by its name `projects/P/topics/T`, with its messages in their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._published: dict[str, list[Published]] = {}

    def create(self, topic: str) -> None:
        with self._lock:
            self._published.setdefault(topic, [])

    def has(self, topic: str) -> bool:
        with self._lock:
            return topic in self._published

    def published(self, topic: str) -> list[bytes]:
        """The data of each message without attributes, first things first."""
        return [data for data, attributes in self.messages(topic) if not attributes]

    def messages(self, topic: str) -> list[Published]:
        """All messages, first things first."""
        with self._lock:
            return list(self._published[topic])

    def publish(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Take messages as `publish` does, or raise what it answers."""
        data = [_published(message) for message in messages]
        if not 0 < len(data) <= MESSAGES or sum(len(each.data) for each in data) > LARGEST:
            raise invalid("The value for message_count is out of bounds.", field="messages")
        with self._lock:
            if topic not in self._published:
                raise GoogleError(404, f"Resource not found (resource={topic.rpartition('/')[2]}).")
            first = len(self._published[topic]) + 1
            self._published[topic] += data
        return {"messageIds": [str(first + number) for number in range(len(data))]}


def _published(message: Mapping[str, Any]) -> Published:
    try:
        data = base64.b64decode(message.get("data") or "", validate=True)
    except binascii.Error:
        raise invalid("Base64 decoding failed.", field="messages") from None
    attributes = message.get("attributes") or {}
    if not data and not attributes:
        raise invalid("One or more messages in the publish request is empty.", field="messages")
    if len(attributes) > ATTRIBUTES or any(
        not 0 < len(name.encode()) <= NAME or len(value.encode()) > VALUE for name, value in attributes.items()
    ):
        raise invalid("One or more attributes are out of bounds.", field="messages")
    return Published(data, dict(attributes))
