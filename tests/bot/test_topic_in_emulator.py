"""What the service tells a topic comes out of Google's own Pub/Sub whole, in its order, and once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.backends.topics import Topic
from approvals.reconcile.resting import Resting
from bot.announcers import TopicAnnouncer
from bot.cloud_events import TopicEvents
from sandbox.google.topics import Published
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct
from tests.support.pubsub import Subscriber, pubsub_host, pubsub_url
from tests.support.world import ALICE, BOB, World

__all__ = ["pubsub_host", "pubsub_url"]


@pytest.fixture
def receiver(pubsub_host: str) -> Subscriber:
    return Subscriber(pubsub_host)


@pytest.fixture
def office(tmp_path: Path, receiver: Subscriber, pubsub_url: str) -> Iterator[World]:
    """A world that tells a topic which nobody has made yet."""
    world = World(tmp_path, granter=Wire(direct(google_with())))
    topic = Resting(Topic(receiver.topic, base_url=pubsub_url).publish, clock=world.clock)
    world.events = TopicEvents(topic, instance=lambda: world.instance)
    world.announcers = [TopicAnnouncer(topic, pages_url="https://pages.example.com", policy=lambda: world.policy)]
    world.restart()
    world.reconciler.next(kind="event", running=(), limit=1, each=1)
    yield world
    world.close()


def types(found: list[Published], subject: str) -> list[str]:
    return [each.attributes["ce-type"] for each in found if each.attributes.get("ce-subject") == subject]


def test_a_topic_that_is_made_late_is_told_of_everything_once_and_in_order(
    office: World, receiver: Subscriber
) -> None:
    asked, second = office.granted(minutes=240), office.file()
    office.press(BOB, second, "deny", comment="not today")
    office.passes(120)
    receiver.create()
    office.passes(600)
    office.end(ALICE, asked)
    office.passes(600)
    found = receiver.messages()

    assert types(found, asked.id) == [
        "countersign.request.filed",
        "countersign.review.approved",
        "countersign.request.approved",
        "countersign.grant.active",
        "countersign.grant.ended",
        "countersign.grant.removed",
    ]
    assert types(found, second.id)[-1] == "countersign.request.denied"
    events = [each.attributes["ce-id"] for each in found if each.attributes]
    assert len(events) == len(set(events))
    plain = [each for each in found if not each.attributes]
    assert len(plain) == 3, "JIT Access told of two requests, and of one approval"
