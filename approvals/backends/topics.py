"""A topic of Pub/Sub that messages are published to.

The service's account needs `roles/pubsub.publisher` on the topic.
"""

from base64 import b64encode
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from approvals.ports.announcers import Message
from approvals.refusals.errors import NotTaken, Unavailable

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest

_PUBLISH = "pubsub.topics.publish"

_REFUSED = (400, 413)
"""What is wrong with the messages: too large, of no form, or not of the schema that the topic has."""

_SEEN_TO = {
    403: "its account needs roles/pubsub.publisher on the topic",
    404: "make it (gcloud pubsub topics create), or set NOTIFICATION_TOPIC to one that is there",
}


class Topic:
    """One topic, `projects/P/topics/T`. `base_url` leads to an emulator in place of Google."""

    def __init__(self, name: str, *, base_url: str | None = None) -> None:
        self._name = name
        self._base_url = base_url

    def publish(self, messages: Sequence[Message], *, timeout: float) -> None:
        """Publish these within so many seconds. Raises `Unavailable`: they may be there all the same.

        Raises `NotTaken` where one of them is refused: then none is there.
        """
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        body = {"messages": [_sent(message) for message in messages]}
        try:
            answer = self._rest.call(
                lambda api: api.projects().topics().publish(topic=self._name, body=body), timeout=timeout
            )
        except RestError as error:
            if error.code in _REFUSED:
                raise NotTaken(f"{self._name}: {error}") from error
            hint = _SEEN_TO.get(error.code)
            raise Unavailable(f"{self._name}: {error}{f'; {hint}' if hint else ''}") from error
        ids = answer.get("messageIds")
        if not isinstance(ids, list) or len(ids) != len(messages):
            raise Unavailable(f"{self._name}: the answer does not say that all of the messages are there")

    def lets_in(self, *, timeout: float) -> bool:
        """Whether this service may publish to it. Of a topic that is not there Google says that nobody may.

        Raises `Unavailable`.
        """
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        body = {"permissions": [_PUBLISH]}
        try:
            answer = self._rest.call(
                lambda api: api.projects().topics().testIamPermissions(resource=self._name, body=body),
                timeout=timeout,
            )
        except RestError as error:
            if error.code in _SEEN_TO and not error.disabled:
                return False
            raise Unavailable(f"{self._name}: {error}") from error
        return _PUBLISH in (answer.get("permissions") or ())

    @cached_property
    def _rest(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        return Rest("pubsub", "v1", base_url=self._base_url)


def _sent(message: Message) -> dict[str, object]:
    """As Pub/Sub wants it."""
    found: dict[str, object] = {"data": b64encode(message.data).decode()}
    return found | {"attributes": dict(message.attributes)} if message.attributes else found
