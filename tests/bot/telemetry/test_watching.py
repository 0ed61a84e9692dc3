"""What is watched is told by fixed words: no path, address or text of anybody's."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from approvals.ports.store import Lease
from approvals.reconcile.runner import Reconciler
from approvals.refusals.errors import Conflict, NotFound, Unavailable
from bot.telemetry.gauges import Gauges
from bot.telemetry.recorder import CALLS, DECISION, RUNS, Recorder
from bot.telemetry.watching import (
    watched_door,
    watched_envelopes,
    watched_send,
    watched_store,
    watched_work,
)
from tests.bot.telemetry.conftest import Sink
from tests.support.world import ALICE, BOB, World


def through(door: Any, path: str, method: str = "GET") -> None:
    async def call() -> None:
        async def send(_: Any) -> None:
            pass

        await door({"type": "http", "path": path, "method": method}, lambda: None, send)

    asyncio.run(call())


@pytest.mark.parametrize(
    ("path", "route"),
    [("/review/eyJhbGciOi.secret", "/review/"), ("/slack/events", "/slack/events"), ("/.env?x=1", "other")],
)
def test_a_path_is_told_as_its_route_and_never_as_it_is(
    recorder: Recorder, sink: Sink, path: str, route: str
) -> None:
    async def door(_scope: Any, _receive: Any, send: Callable[..., Any]) -> None:
        await send({"type": "http.response.start", "status": 204})

    through(watched_door(door, recorder, routes={"/review/", "/slack/events"}), path)

    assert sink.spans == [
        (
            f"GET {route}",
            {"http.route": route, "http.request.method": "GET", "http.response.status_code": 204},
            False,
        )
    ]
    assert "secret" not in repr((sink.spans, sink.times))


def test_however_many_paths_and_methods_strangers_try_they_are_one_route_and_one_method(
    recorder: Recorder, sink: Sink
) -> None:
    async def door(_scope: Any, _receive: Any, send: Callable[..., Any]) -> None:
        await send({"type": "http.response.start", "status": 404})

    watched = watched_door(door, recorder, routes={"/review/", "/slack/events"})
    for number in range(300):
        through(watched, f"/wp-admin/{number}", method=f"M{number}")
        through(watched, f"/slack/events/{number}", method="get")

    assert {tuple(said.items()) for _, _, said in sink.times} == {
        (("http.route", "other"), ("http.request.method", "_OTHER"), ("http.response.status_code", 404))
    }


def test_a_door_that_breaks_is_told_as_failed_and_a_strange_method_by_no_name(
    recorder: Recorder, sink: Sink
) -> None:
    async def door(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ValueError("body")

    with pytest.raises(ValueError, match="body"):
        through(watched_door(door, recorder, routes=()), "/x", method="ALICE")

    assert sink.spans[0][0] == "_OTHER other"
    assert sink.spans[0][2]
    assert [said["http.response.status_code"] for _, _, said in sink.times] == [500]


def test_work_is_told_by_kind_and_outcome_and_a_resource_by_nothing(recorder: Recorder, sink: Sink) -> None:
    begin = watched_work(recorder)
    begin("binding:projects/payments-prod")("failed")
    begin("request:r-0000000001")("done")

    assert [count for count, _ in recorder.counts(RUNS)] == [1, 1]
    assert "payments" not in repr((sink.spans, recorder.counts(RUNS)))
    assert (sink.spans[1][0], "r-0000000001" in sink.spans[1][1].values()) == ("reconcile request", True)
    assert "r-0000000001" not in repr(recorder.counts(RUNS))
    assert [failed for _, _, failed in sink.spans] == [True, False]


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (None, "done"),
        (Unavailable("no answer"), "waits"),
        (Conflict("somebody was first"), "waits"),
        (NotFound("nothing"), "missing"),
        (ValueError("odd"), "failed"),
    ],
)
def test_work_is_counted_by_how_it_came_out(
    world: World, recorder: Recorder, raised: Exception | None, outcome: str
) -> None:
    def work(lease: Lease) -> None:
        if raised is not None:
            raise raised

    world.store.wake("it:one", due=world.clock())
    watch = watched_work(recorder)
    Reconciler(store=world.store, workers={"it": work}, clock=world.clock, owner="me", watch=watch).subject(
        "it:one"
    )

    assert recorder.counts(RUNS) == [(1, {"countersign.kind": "it", "countersign.outcome": outcome})]


class Answer(NamedTuple):
    status: int


def test_calls_are_counted_by_host_and_status_also_where_nobody_answers(recorder: Recorder) -> None:
    def send(_method: str, url: str, **_: Any) -> Answer:
        if "down" in url:
            raise Conflict("no")
        return Answer(429)

    counted = watched_send(send, recorder)
    counted("POST", "https://slack.com/api/chat.update?token=xoxb-1", timeout=1)
    with pytest.raises(Conflict):
        counted("POST", "https://slack.com/api/down", timeout=1)

    assert sorted((said["http.response.status_code"], count) for count, said in recorder.counts(CALLS)) == [
        (0, 1),
        (429, 1),
    ]
    assert "xoxb" not in repr(recorder.counts(CALLS))


def test_a_decision_is_timed_once_and_what_was_not_kept_is_not(
    world: World, recorder: Recorder, sink: Sink
) -> None:
    world.store = watched_store(world.store, recorder, system="sqlite")
    world.restart()
    request = world.file(ALICE)
    world.clock.advance(90)
    world.press(BOB, request)
    world.passes(60)
    own = world.file(ALICE, "logs", key="one")
    assert world.file(ALICE, "logs", key="one").id == own.id

    found = [(seconds, said) for name, seconds, said in sink.times if name == DECISION]
    assert found == [
        (90.0, {"countersign.outcome": "approved", "countersign.kind": "stages"}),
        (0.0, {"countersign.outcome": "approved", "countersign.kind": "self"}),
    ]


def test_access_past_its_end_is_counted_until_it_is_confirmed_gone(world: World) -> None:
    def overdue() -> int:
        return Gauges(world.store, clock=world.clock).overdue()

    request = world.granted(minutes=30)
    world.clock.advance(30 * 60 + 59)
    assert overdue() == 0, "a minute is reconcile's own"
    world.clock.advance(2)
    assert overdue() == 1
    world.passes(600)

    assert world.state(request) == "ended"
    assert overdue() == 0


def test_open_access_is_read_once_in_five_minutes_and_whosever_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a document of Firestore's."""
    monkeypatch.setattr("bot.telemetry.gauges._PAGE", 1)
    read, open_by = list[str](), world.store.open_by

    def reading(account: str) -> object:
        read.append(account)
        return open_by(account)

    monkeypatch.setattr(world.store, "open_by", reading)
    gauges = Gauges(world.store, clock=world.clock)
    for who in (ALICE, BOB):
        world.granted(who, "logs", minutes=30)
    world.clock.advance(3600)
    for seconds in (0, 299, 1):
        world.clock.advance(seconds)
        assert gauges.overdue() == 2

    assert len(read) == 4


def test_work_that_nobody_does_grows_old(world: World) -> None:
    gauges = Gauges(world.store, clock=world.clock)
    world.passes(60)
    quiet = gauges.oldest()
    world.file()
    world.clock.advance(300)

    assert quiet < 60
    assert gauges.oldest() >= 300


def test_what_comes_in_by_a_socket_is_told_by_its_kind_and_how_it_failed(recorder: Recorder, sink: Sink) -> None:
    begin = watched_envelopes(recorder)
    begin("interactive")("")
    begin("other")("Garbage")

    said = {"network.protocol.name": "websocket"}
    assert sink.spans == [
        ("socket interactive", said, False),
        ("socket other", said | {"error.type": "Garbage"}, True),
    ]
    assert {each.kind for each in sink.ended} == {"server"}
