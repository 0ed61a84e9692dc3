"""A topic that is down is tried now and then for all that waits, and gets everything once it is back."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from approvals.backends.topics import Topic
from approvals.ports.announcers import Message
from approvals.reconcile.eventing import BATCH
from approvals.reconcile.resting import LONGEST, Resting
from approvals.refusals.errors import NotSent, NotTaken, Unavailable
from bot.announcers import TopicAnnouncer
from bot.cloud_events import TopicEvents
from sandbox.google import Fault, Google
from tests.support.builders import NOW
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct
from tests.support.doubles import Clock
from tests.support.googles import google, google_stage, google_url
from tests.support.world import ALICE, BOB, GWEN, World

__all__ = ["google", "google_stage", "google_url"]

TOPIC = "projects/shop-tools/topics/countersign"
MESSAGES = [Message(data=b"{}")]
ONE = ["request.filed", "review.approved", "request.approved", "grant.active"]
TWO = ["request.filed", "review.approved", *ONE[1:]]
FOR_EVER = 100_000


@pytest.fixture
def office(tmp_path: Path, google: Google, google_url: str) -> Iterator[World]:
    """A world whose topic is a server's."""
    google.topics.create(TOPIC)
    world = World(tmp_path, granter=Wire(direct(google_with())))
    topic = Resting(Topic(TOPIC, base_url=google_url).publish, clock=world.clock)
    world.events = TopicEvents(topic, instance=lambda: "9704faf3e6")
    world.announcers = [TopicAnnouncer(topic, pages_url="https://pages.example.com", policy=lambda: world.policy)]
    world.restart()
    world.reconciler.next(kind="event", running=(), limit=1, each=1)
    yield world
    world.close()


def tries(google: Google) -> int:
    return len(google.calls("topics.publish"))


def told(google: Google) -> dict[str, list[str]]:
    """The types of the events of each request, in their order."""
    found: dict[str, list[str]] = {}
    for each in google.topics.messages(TOPIC):
        if each.attributes:
            kinds = found.setdefault(each.attributes["ce-subject"], [])
            kinds.append(each.attributes["ce-type"].removeprefix("countersign."))
    return found


def test_half_an_hour_without_a_topic_costs_a_trial_a_minute_however_much_waits_and_loses_nothing(
    office: World, google: Google, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    google.faults.set(Fault(method="topics.publish", status=503, times=FOR_EVER))
    requests = []
    for who in (ALICE, BOB, GWEN):
        requests += [office.granted(who, name, minutes=240) for name in ("admin", "pair")]
        office.passes(600, step=20)

    in_vain = tries(google)
    assert 25 <= in_vain <= 60
    said = [each.getMessage() for each in caplog.records if "wait: " in each.getMessage()]
    said += [each.getMessage() for each in caplog.records if "was not told" in each.getMessage()]
    assert len(said) == in_vain
    assert told(google) == {}

    google.faults.clear()
    office.passes(900, step=30)
    found = told(google)
    assert [found[each.id] for each in requests] == [ONE, TWO] * 3
    asked = [each for each in google.topics.messages(TOPIC) if not each.attributes]
    assert len(asked) == 2 * len(requests)
    assert tries(google) - in_vain <= 4 * len(requests) + 20


def test_a_request_that_is_looked_at_all_the_time_tries_a_topic_that_is_down_no_more_often(
    office: World, google: Google
) -> None:
    google.faults.set(Fault(method="topics.publish", status=503, times=FOR_EVER))
    request = office.granted(minutes=240)
    for _ in range(60):
        office.store.wake(f"request:{request.id}", due=office.clock())
        office.pass_()
        office.clock.advance(1)

    assert 5 <= tries(google) <= 11


class Door:
    """Takes messages, or raises what it is told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.before: Callable[[], object] = lambda: None
        self.calls = 0

    def __call__(self, messages: object, *, timeout: float) -> None:
        self.calls += 1
        self.before()
        if self.error is not None:
            raise self.error


def try_(topic: Resting) -> Exception | None:
    try:
        topic(MESSAGES, timeout=5.0)
    except (Unavailable, NotTaken) as error:
        return error
    return None


def test_while_it_rests_nobody_calls_and_everybody_hears_when_to_come_again() -> None:
    door, clock = Door(), Clock()
    topic = Resting(door, clock=clock)
    door.error = Unavailable("no")
    assert try_(topic) is door.error
    refused = try_(topic)

    assert door.calls == 1
    assert isinstance(refused, NotSent)
    assert 0.5 <= refused.retry_after <= 1.0
    clock.advance(refused.retry_after)
    door.error = None
    assert [try_(topic) for _ in range(3)] == [None] * 3
    assert door.calls == 4


def test_pauses_grow_to_a_minute_and_are_short_again_once_it_was_there() -> None:
    door, clock = Door(), Clock()
    topic = Resting(door, clock=clock)
    door.error = Unavailable("no")
    began = clock()
    for _ in range(3600):
        try_(topic)
        clock.advance(1)
    assert 60 <= door.calls <= 130
    assert clock() - began == timedelta(hours=1)
    door.error, door.calls = None, 0
    while not door.calls:
        try_(topic)
        clock.advance(1)
    door.error = Unavailable("no")
    try_(topic)
    refused = try_(topic)

    assert isinstance(refused, NotSent)
    assert refused.retry_after <= 1.0


def test_as_long_a_pause_as_it_asks_for_is_kept() -> None:
    door, clock = Door(), Clock()
    topic = Resting(door, clock=clock)
    door.error = Unavailable("too much", retry_after=3 * LONGEST)
    try_(topic)
    clock.advance(3 * LONGEST - 1)
    try_(topic)

    assert door.calls == 1


def test_a_clock_that_is_set_back_makes_no_pause_longer() -> None:
    door, clock = Door(), Clock()
    topic = Resting(door, clock=clock)
    door.error = Unavailable("no")
    try_(topic)
    clock.advance(-3600)
    assert try_(topic) is door.error
    refused = try_(topic)

    assert isinstance(refused, NotSent)
    assert refused.retry_after <= 2.0
    assert door.calls == 2


def test_who_comes_while_another_is_the_trial_does_not_call() -> None:
    door, clock = Door(), Clock()
    topic = Resting(door, clock=clock)
    door.error = Unavailable("no")
    try_(topic)
    clock.advance(1)
    door.error = None
    beside: list[Exception | None] = []
    door.before = lambda: beside.append(try_(topic))

    assert try_(topic) is None
    assert isinstance(beside[0], NotSent)
    assert door.calls == 2


def test_a_trial_that_never_comes_back_is_over_with_its_time() -> None:
    door, clock = Door(), Clock()
    topic = Resting(door, clock=clock)
    door.error = Unavailable("no")
    try_(topic)
    clock.advance(1)
    door.error, died = None, SystemExit()

    def dies() -> None:
        door.before = lambda: None
        raise died

    door.before = dies
    with pytest.raises(SystemExit):
        topic(MESSAGES, timeout=5.0)
    assert isinstance(try_(topic), NotSent)
    clock.advance(5)

    assert try_(topic) is None


def test_who_is_refused_something_has_found_it_there() -> None:
    door = Door()
    topic = Resting(door, clock=Clock())
    door.error = NotTaken("too large")

    assert [type(try_(topic)) for _ in range(3)] == [NotTaken] * 3
    assert door.calls == 3


def test_many_that_fail_at_the_same_time_are_one_failure() -> None:
    door, clock = Door(), Clock()
    topic = Resting(door, clock=clock)
    door.error, together = Unavailable("no"), Barrier(8)
    door.before = lambda: together.wait(60)
    threads = [Thread(target=try_, args=(topic,)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    refused = try_(topic)

    assert door.calls == 8
    assert isinstance(refused, NotSent)
    assert refused.retry_after <= 1.0


def test_what_is_told_through_it_after_a_pause_is_a_batch_as_ever(office: World, google: Google) -> None:
    google.faults.set(Fault(method="topics.publish", status=503, times=FOR_EVER))
    for number in range(2 * BATCH):
        office.store.append(at=NOW, actor="x@example.com", action="drill.answered", detail={"drill": str(number)})
    office.passes(300)
    google.faults.clear()
    before = tries(google)
    office.passes(400)

    assert len(told(google)["installation"]) == 2 * BATCH
    assert tries(google) - before == 2
