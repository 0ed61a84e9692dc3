"""Events are told at least once, however long nobody takes them, and in nobody's way."""

from collections.abc import Callable, Sequence

import pytest

from approvals.freezes.freezing import freeze
from approvals.ports.store import Lease
from approvals.reconcile.eventing import AGAIN, ASIDE, told
from approvals.refusals.errors import Conflict, NotTaken, Unavailable
from approvals.requests import Request
from approvals.reviews import typed
from approvals.telling.events import Event, event
from countersign_client.chain import Entry
from tests.support.world import BOB, World

GRANTED = ["request.filed", "review.approved", "request.approved", "grant.active"]


class Topic:
    """Takes events, and first fails as often as it is to."""

    def __init__(
        self,
        *,
        fails: int = 0,
        error: Callable[[], Exception] = lambda: Unavailable("no"),
        refuses: Callable[[Event], bool] = lambda _: False,
    ) -> None:
        self.fails = fails
        self.error = error
        self.refuses = refuses
        self.events: list[Event] = []
        self.calls = 0

    def publish(self, events: Sequence[Event], *, timeout: float) -> None:
        self.calls += 1
        if self.fails:
            self.fails -= 1
            raise self.error()
        if any(map(self.refuses, events)):
            raise NotTaken("one of the messages is of no form")
        self.events += events

    def types(self, subject: str) -> list[str]:
        return [each.type for each in self.events if each.subject == subject]


def telling(world: World, topic: Topic) -> World:
    world.events = topic
    world.restart()
    world.reconciler.next(kind="event", running=(), limit=1, each=1)
    return world


def drilled(world: World, count: int) -> None:
    for number in range(count):
        world.store.append(
            at=world.clock(), actor="x@example.com", action="drill.answered", detail={"drill": str(number)}
        )


def drills(topic: Topic) -> list[str]:
    return [each.data["drill"] for each in topic.events]


def due(world: World) -> list[str]:
    return [each for each in world.store.due(now=world.clock(), limit=100) if each.startswith("event:")]


def test_without_a_topic_nothing_is_ever_due(world: World) -> None:
    world.granted()

    assert due(world) == []


def test_all_that_happens_is_told_once_and_in_order(world: World) -> None:
    topic = Topic()
    request = telling(world, topic).granted()
    world.passes(60)
    telling(world, topic).passes(600)

    assert topic.types(request.id) == GRANTED
    world.end(BOB, request)
    world.passes(120)

    assert topic.types(request.id) == [*GRANTED, "grant.revoked", "grant.removed"]


@pytest.mark.parametrize("error", [lambda: Unavailable("no"), lambda: ValueError("no such form")])
def test_a_topic_that_is_down_for_three_days_loses_nothing_and_holds_nothing_up(
    world: World, error: Callable[[], Exception]
) -> None:
    topic = Topic(fails=10_000, error=error)
    request = telling(world, topic).granted(minutes=30)
    assert world.state(request) == "active"
    world.passes(3 * 86_400, step=14_400)
    assert world.state(request) == "ended"
    assert topic.events == []
    topic.fails = 0
    world.passes(3600, step=300)

    assert topic.types(request.id) == [*GRANTED, "grant.ended", "grant.removed"]


def test_who_dies_after_telling_tells_the_same_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = Topic()
    request = telling(world, topic).granted()
    world.passes(60)
    told, save, lost = len(topic.events), world.store.save, [True]

    def dies(lease: Lease, body: bytes) -> Lease:
        if lease.subject == f"event:{request.id}" and lost:
            lost.clear()
            raise Conflict("died")
        return save(lease, body)

    monkeypatch.setattr(world.store, "save", dies)
    world.end(BOB, request)
    world.passes(120)
    again = [each for each in topic.events[told:] if each.subject == request.id]

    assert len(again) > len({each.id for each in again})
    assert len({each.id for each in again}) == len({repr(each) for each in again})
    assert topic.types(request.id)[-1] == "grant.removed"


def test_what_was_longer_ago_than_a_day_when_it_is_switched_on_is_not_told(world: World) -> None:
    request = world.granted(minutes=240)
    world.clock.advance(86_401)
    topic = Topic()
    telling(world, topic).passes(60)

    assert topic.types(request.id) == ["grant.ended", "grant.removed"]


def test_what_happens_to_the_installation_is_told_within_a_minute_and_anchors_are_not(world: World) -> None:
    topic = Topic()
    telling(world, topic).passes(61)
    freeze(world.store, by="ops", why=typed("INC-7", salt="s"), now=world.clock())
    world.store.append(at=world.clock(), actor="countersign", action="requests.anchored", detail={"heads": []})
    world.passes(61)

    assert topic.types("installation") == ["freeze.begun"]
    calls = topic.calls
    world.passes(600)

    assert topic.calls == calls


def test_more_than_one_batch_is_told_to_the_end(world: World) -> None:
    topic = Topic()
    telling(world, topic)
    drilled(world, 250)
    world.passes(61)

    assert drills(topic) == [str(number) for number in range(250)]


def test_one_event_that_is_refused_holds_up_none_of_the_others_and_is_told_once_it_is_taken(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    topic = Topic(refuses=lambda each: each.data.get("drill") in {"7", "120"})
    telling(world, topic)
    drilled(world, 130)
    world.passes(120)

    assert drills(topic) == [str(number) for number in range(130) if number not in (7, 120)]
    assert "of the installation is refused and set aside" in caplog.text
    assert "of no form" in caplog.text
    world.passes(AGAIN.total_seconds() + 60, step=60)
    assert "is refused again" in caplog.text
    topic.refuses = lambda _: False
    world.passes(AGAIN.total_seconds() + 60, step=60)

    assert drills(topic)[-2:] == ["7", "120"]
    assert len(topic.events) == 130
    assert told(world.store.recorded("event:")).aside == ()


def test_an_event_of_a_request_that_is_refused_is_tried_again_though_nothing_wakes_it(world: World) -> None:
    topic = Topic(refuses=lambda each: each.type == "review.approved")
    request = telling(world, topic).granted(minutes=240)
    world.passes(60)
    assert topic.types(request.id) == [each for each in GRANTED if each != "review.approved"]
    topic.refuses = lambda _: False
    world.passes(AGAIN.total_seconds() + 60, step=60)

    assert topic.types(request.id)[-1] == "review.approved"


def test_a_topic_that_refuses_everything_is_waited_for_and_nothing_is_lost(world: World) -> None:
    topic = Topic(refuses=lambda _: True)
    telling(world, topic)
    drilled(world, ASIDE + 30)
    world.passes(4 * 3600, step=60)
    assert len(told(world.store.recorded("event:")).aside) == ASIDE
    topic.refuses = lambda _: False
    world.passes(AGAIN.total_seconds() + 600, step=60)

    assert sorted(drills(topic), key=int) == [str(number) for number in range(ASIDE + 30)]


def test_an_entry_of_which_no_event_can_be_made_holds_up_none_of_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def makes(entry: Entry, request: Request | None) -> Event | None:
        if entry.detail.get("drill") == "1":
            raise TypeError("unhashable")
        return event(entry, request)

    monkeypatch.setattr("approvals.reconcile.eventing.event", makes)
    topic = Topic()
    telling(world, topic)
    drilled(world, 3)
    world.passes(61)

    assert drills(topic) == ["0", "2"]
