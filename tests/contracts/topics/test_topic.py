"""What Pub/Sub takes and refuses, whoever plays it."""

import pytest

from approvals.ports.announcers import Message
from approvals.refusals.errors import NotTaken, Unavailable
from approvals.telling.events import Event
from bot.cloud_events import message
from tests.contracts.topics.conftest import Post

TIMEOUT = 60.0
SOUND = Message(data=b"{}", attributes={"ce-type": "countersign.request.filed"})


def test_a_topic_that_is_not_there_takes_nothing_and_the_error_says_how_to_make_it(post: Post) -> None:
    with pytest.raises(Unavailable, match="gcloud pubsub topics create"):
        post.topic.publish([SOUND], timeout=TIMEOUT)
    post.create()

    assert post.messages() == []


@pytest.mark.parametrize("more", [[Message(data=b"")], [SOUND] * 1000], ids=["an empty message", "too many"])
def test_of_messages_one_of_which_is_refused_none_is_there(post: Post, more: list[Message]) -> None:
    post.create()
    with pytest.raises(NotTaken):
        post.topic.publish([SOUND, *more], timeout=TIMEOUT)

    assert post.messages() == []


def test_no_messages_are_refused_as_well(post: Post) -> None:
    post.create()
    with pytest.raises(NotTaken):
        post.topic.publish([], timeout=TIMEOUT)


def test_whatever_bytes_and_attributes_are_published_come_as_they_were_and_in_their_order(post: Post) -> None:
    post.create()
    sent = [
        Message(data="Grüße 你好 \U0001f510".encode(), attributes={"ce-subject": "Grüße 你好"}),
        Message(data=bytes(range(256))),
        Message(data=b"", attributes={"ce-type": "a", "empty": ""}),
        *[Message(data=b"%d" % number) for number in range(100)],
    ]
    post.topic.publish(sent, timeout=TIMEOUT)
    post.topic.publish([SOUND], timeout=TIMEOUT)

    assert [(each.data, dict(each.attributes)) for each in post.messages()] == [
        (each.data, dict(each.attributes)) for each in [*sent, SOUND]
    ]


def test_an_event_comes_with_the_attributes_that_its_receivers_choose_by(post: Post) -> None:
    post.create()
    event = Event(
        id="r-7k2m9qd4xw:3",
        type="grant.active",
        subject="r-7k2m9qd4xw",
        at="2026-11-22T10:00:00Z",
        data={"requester": "alice@example.com", "title": "Löschen"},
    )
    post.topic.publish([message(event, source="countersign:9704faf3e6")], timeout=TIMEOUT)
    (came,) = post.messages()

    assert came.attributes == {
        "ce-specversion": "1.0",
        "ce-id": "r-7k2m9qd4xw:3",
        "ce-source": "countersign:9704faf3e6",
        "ce-type": "countersign.grant.active",
        "ce-subject": "r-7k2m9qd4xw",
        "ce-time": "2026-11-22T10:00:00Z",
        "content-type": "application/json",
    }
    assert came.data.decode() == '{"requester": "alice@example.com", "title": "Löschen"}'
