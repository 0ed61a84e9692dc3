"""An event as a message of Pub/Sub, attribute by attribute, as the page and CloudEvents 1.0.2 have it."""

import json
from collections.abc import Sequence

from approvals.ports.announcers import Message
from approvals.telling.events import Event
from bot.cloud_events import TopicEvents, message

EVENT = Event(
    id="r-7k2m9qd4xw.3.0123456789abcdef",
    type="grant.active",
    subject="r-7k2m9qd4xw",
    at="2026-11-22T10:00:00Z",
    data={"seq": 3, "requester": "älice@example.com"},
)


class Topic:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[Message], float]] = []

    def __call__(self, messages: Sequence[Message], *, timeout: float) -> None:
        self.calls.append(([*messages], timeout))


def test_each_attribute_is_what_the_page_says_and_the_data_are_the_events() -> None:
    made = message(EVENT, source="countersign:9704faf3e6")

    assert made.attributes == {
        "ce-specversion": "1.0",
        "ce-id": "r-7k2m9qd4xw.3.0123456789abcdef",
        "ce-source": "countersign:9704faf3e6",
        "ce-type": "countersign.grant.active",
        "ce-subject": "r-7k2m9qd4xw",
        "ce-time": "2026-11-22T10:00:00Z",
        "content-type": "application/json",
    }
    assert json.loads(made.data) == EVENT.data
    assert "älice".encode() in made.data


def test_what_is_told_twice_is_the_same_message_with_the_installation_for_its_source() -> None:
    topic = Topic()
    events = TopicEvents(topic, instance=lambda: "9704faf3e6")
    for _ in range(2):
        events.publish([EVENT, EVENT], timeout=5.0)

    (first, seconds), again = topic.calls
    assert (first, seconds) == again
    assert [each.attributes["ce-source"] for each in first] == ["countersign:9704faf3e6"] * 2
