"""Who is told of activations as JIT Access told it: the log by labels, and a topic of Pub/Sub by messages."""

import json
import logging

from approvals.activations import Activation
from approvals.ports.announcers import Message
from bot.cloud_events import Publish
from handlers.wording.activations import lines, messages

_log = logging.getLogger("countersign.activations")


class LogAnnouncer:
    """Implements `Announcer` by lines of the log."""

    name = "log"

    def announce(self, activation: Activation, *, timeout: float) -> None:
        for sentence, labels in lines(activation):
            _log.info("%s", sentence, extra={"labels": labels})


class TopicAnnouncer:
    """Implements `Announcer` by messages to a topic."""

    name = "topic"

    def __init__(self, publish: Publish, *, pages_url: str) -> None:
        self._publish = publish
        self._pages_url = pages_url

    def announce(self, activation: Activation, *, timeout: float) -> None:
        made = messages(activation, pages_url=self._pages_url)
        told = [Message(data=json.dumps(each, ensure_ascii=False).encode()) for each in made]
        self._publish(told, timeout=timeout)
