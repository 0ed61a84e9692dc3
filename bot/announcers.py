"""Who is told of activations as JIT Access told it: the log by labels, and a topic of Pub/Sub by messages."""

import json
import logging
from collections.abc import Callable

from approvals.policy.model import Policy
from approvals.ports.announcers import Announcer, Message, Publish
from approvals.telling.activations import Activation
from bot.cloud_events import TopicEvents
from bot.settings import Settings
from handlers.wording.history.activations import lines, messages

_log = logging.getLogger("countersign.activations")


class LogAnnouncer:
    """Implements `Announcer` by lines of the log."""

    name = "log"

    def __init__(self, *, policy: Callable[[], Policy]) -> None:
        self._policy = policy

    def announce(self, activation: Activation, *, timeout: float) -> None:
        for sentence, labels in lines(activation, self._policy()):
            _log.info("%s", sentence, extra={"labels": labels})


class TopicAnnouncer:
    """Implements `Announcer` by messages to a topic."""

    name = "topic"

    def __init__(self, publish: Publish, *, pages_url: str, policy: Callable[[], Policy]) -> None:
        self._publish = publish
        self._policy = policy
        self._pages_url = pages_url

    def announce(self, activation: Activation, *, timeout: float) -> None:
        made = messages(activation, self._policy(), pages_url=self._pages_url)
        told = [Message(data=json.dumps(each, ensure_ascii=False).encode()) for each in made]
        self._publish(told, timeout=timeout)


def announcers(settings: Settings, publish: Publish, *, policy: Callable[[], Policy]) -> list[Announcer]:
    """Who is told of activations, as the settings name them."""
    found: list[Announcer] = [LogAnnouncer(policy=policy)] if settings.log_activations else []
    if settings.notification_topic:
        found.append(TopicAnnouncer(publish, pages_url=settings.pages_url, policy=policy))
    return found


def events(settings: Settings, publish: Publish, *, instance: Callable[[], str]) -> TopicEvents | None:
    """Who is told of all that happens."""
    return TopicEvents(publish, instance=instance) if settings.notification_topic else None
