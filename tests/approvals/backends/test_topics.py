"""A topic is published to as Pub/Sub wants it, and says what to mend where it is not."""

from typing import Any

import pytest

from approvals.backends.topics import Topic
from approvals.ports.announcers import Message
from approvals.refusals.errors import NotTaken, Unavailable
from sandbox.google import Fault, Google
from tests.support.googles import google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]

TOPIC = "projects/shop-tools/topics/jit-access-events"


@pytest.mark.parametrize(
    ("status", "hint"),
    [(403, "roles/pubsub.publisher"), (404, "gcloud pubsub topics create"), (503, "unavailable")],
)
def test_an_error_says_the_topic_and_what_mends_it(
    google: Google, google_url: str, status: int, hint: str
) -> None:
    google.topics.create(TOPIC)
    google.faults.set(Fault(method="topics.publish", status=status))
    with pytest.raises(Unavailable, match=TOPIC) as refused:
        Topic(TOPIC, base_url=google_url).publish([Message(data=b"{}")], timeout=10)

    assert hint in str(refused.value)
    assert google.topics.published(TOPIC) == []


@pytest.mark.parametrize("status", [400, 413])
def test_a_message_that_is_refused_is_told_from_a_topic_that_does_not_answer(
    google: Google, google_url: str, status: int
) -> None:
    google.topics.create(TOPIC)
    google.faults.set(Fault(method="topics.publish", status=status))
    with pytest.raises(NotTaken, match=TOPIC):
        Topic(TOPIC, base_url=google_url).publish([Message(data=b"{}")], timeout=10)


class Lying:
    """What stands for the REST client and answers what it is told."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    def call(self, _prepare: Any, *, timeout: float) -> dict[str, Any]:
        return self.answer


@pytest.mark.parametrize("answer", [{}, {"messageIds": ["1"]}, {"messageIds": "12"}])
def test_an_answer_that_does_not_say_that_all_are_there_is_no_success(answer: dict[str, Any]) -> None:
    topic = Topic(TOPIC, base_url="http://127.0.0.1:1")
    topic.__dict__["_rest"] = Lying(answer)
    with pytest.raises(Unavailable, match="does not say"):
        topic.publish([Message(data=b"{}"), Message(data=b"{}")], timeout=10)


def test_a_topic_that_is_not_there_is_no_success(google: Google, google_url: str) -> None:
    with pytest.raises(Unavailable, match="Resource not found"):
        Topic(TOPIC, base_url=google_url).publish([Message(data=b"{}")], timeout=10)


def test_a_topic_that_does_not_answer_is_waited_for_no_longer_than_was_said(
    google: Google, google_url: str
) -> None:
    google.topics.create(TOPIC)
    google.faults.set(Fault(method="topics.publish", delay=3.0))
    with pytest.raises(Unavailable, match="did not answer"):
        Topic(TOPIC, base_url=google_url).publish([Message(data=b"{}")], timeout=0.5)


def test_all_messages_are_published_in_one_call_and_in_their_order(google: Google, google_url: str) -> None:
    google.topics.create(TOPIC)
    Topic(TOPIC, base_url=google_url).publish(
        [Message(data=b'{"a": "\xc3\xa9"}'), Message(data=b"{}")], timeout=10
    )

    assert google.topics.published(TOPIC) == [b'{"a": "\xc3\xa9"}', b"{}"]
    assert len(google.calls("topics.publish")) == 1
