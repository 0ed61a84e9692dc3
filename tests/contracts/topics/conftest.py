"""Every Pub/Sub that a topic can be in: the sandbox's, and Google's own emulator where it can be had."""

from collections.abc import Callable
from typing import Protocol

import pytest

from approvals.backends.topics import Topic
from sandbox.google import Google
from sandbox.google.topics import Published
from tests.support.googles import google, google_stage, google_url
from tests.support.pubsub import Subscriber, jar, pubsub_host, pubsub_url

__all__ = ["google", "google_stage", "google_url", "pubsub_host", "pubsub_url"]


class Post(Protocol):
    """A topic that is not there yet, what publishes to it, and all that its subscriber got."""

    topic: Topic

    def create(self) -> None: ...

    def messages(self) -> list[Published]: ...


class InSandbox:
    NAME = "projects/shop-tools/topics/access"

    def __init__(self, google: Google, url: str) -> None:
        self._google, self.topic = google, Topic(self.NAME, base_url=url)

    def create(self) -> None:
        self._google.topics.create(self.NAME)

    def messages(self) -> list[Published]:
        return self._google.topics.messages(self.NAME)


class InEmulator:
    def __init__(self, host: str, url: str) -> None:
        self._subscriber = Subscriber(host)
        self.topic = Topic(self._subscriber.topic, base_url=url)
        self.create, self.messages = self._subscriber.create, self._subscriber.messages


def _in_sandbox(request: pytest.FixtureRequest) -> Post:
    return InSandbox(request.getfixturevalue("google"), request.getfixturevalue("google_url"))


def _in_emulator(request: pytest.FixtureRequest) -> Post:
    return InEmulator(request.getfixturevalue("pubsub_host"), request.getfixturevalue("pubsub_url"))


PLACES = [_in_sandbox, *([_in_emulator] if jar() else [])]


@pytest.fixture(params=PLACES, ids=["sandbox", "emulator"][: len(PLACES)])
def post(request: pytest.FixtureRequest) -> Post:
    make: Callable[[pytest.FixtureRequest], Post] = request.param
    return make(request)
