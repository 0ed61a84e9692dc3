"""One person's commands are taken up at a pace, over both ways in; what decides something never is."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest

from handlers.slack import pulse
from handlers.slack.crowd import Crowded
from handlers.slack.front import Front
from handlers.slack.pace import BURST, EVERY, PUT_OFF, Pace
from handlers.slack.socket_mode import SocketMode
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.requests import COMMAND, form, signed
from tests.support.servers import Stage

TOLD = "You sent several things within a moment. This one was not looked at: send it again in a few seconds."
DONE = "opens the request form"


class Hand:
    """A clock that stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Door:
    """One of the two ways in, with a clock of its own for the pace."""

    def __init__(self, bed: Bed, hand: Hand) -> None:
        self.bed = bed
        self.hand = hand

    def type(self, who: str, line: str) -> str:
        return self.bed.box.slack.command(who, f"/jit {line}".strip()).body

    def spend(self, who: str) -> None:
        """Send a whole burst, all of which is answered."""
        for _ in range(BURST):
            assert DONE in self.type(who, "help")


def front(bed: Bed, pace: Pace, executor: ThreadPoolExecutor) -> Front:
    secret = bed.box.signing_secret
    return Front(bed.app, signing_secret=secret, executor=executor, clock=bed.clock, pace=pace, seldom=bed.seldom)


@contextmanager
def over_http(bed: Bed, pace: Pace) -> Iterator[Front]:
    yield front(bed, pace, bed.pool)


@contextmanager
def over_socket_mode(bed: Bed, pace: Pace) -> Iterator[Front]:
    beat = pulse.of_socket_mode(clock=bed.clock, seldom=bed.seldom)
    url, token = bed.box.slack_api_url, bed.box.app_token
    mode = SocketMode(bed.app, app_token=token, base_url=url, equipment=bed.equipment, pace=pace, pulse=beat)
    mode.connect()
    try:
        bed.box.slack.sockets.wait()
        yield bed.front
    finally:
        mode.close()


WAYS = {"HTTP": over_http, "Socket Mode": over_socket_mode}


@pytest.fixture(scope="module", params=WAYS)
def opened(request: pytest.FixtureRequest, shared_bed: Bed) -> Iterator[tuple[Door, Front]]:
    hand = Hand()
    with WAYS[request.param](shared_bed, Pace(longest=0.0, clock=hand)) as app:
        yield Door(shared_bed, hand), app


@pytest.fixture
def door(opened: tuple[Door, Front], stage: tuple[Stage, str]) -> Door:
    """A door to which nobody has sent anything for long."""
    door, stage[0].app = opened
    door.hand.now += 1000 * EVERY
    return door


@pytest.mark.parametrize("line", ["request logs because CHG-1", "mine", "pending", "help", "nonsense", ""])
def test_what_is_beyond_the_burst_is_told_so_and_nothing_is_done(door: Door, line: str) -> None:
    before = door.bed.requests()
    door.spend("alice")

    assert TOLD in door.type("alice", line)
    assert door.bed.requests() == before
    assert door.bed.box.slack.view("alice") is None


def test_a_command_that_slack_sends_again_counts_as_another(door: Door) -> None:
    slack = door.bed.box.slack
    payload = slack.payloads.command("U0ALICE", "C0ACCESS", "/jit", "request logs because CHG-1")
    door.spend("alice")
    again = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}

    def sent() -> str:
        if slack.sockets.connected():
            return slack.outward.deliver("slash_commands", payload).body
        body = urlencode(payload).encode()
        return slack.post(body, headers=signed(door.bed, body) | again).body

    assert TOLD in sent()
    assert TOLD in sent()
    door.hand.now += EVERY
    assert "Filed as" in sent()
    assert TOLD in sent()


def test_somebody_else_is_answered_as_ever(door: Door) -> None:
    door.spend("alice")

    door.spend("bob")
    assert TOLD in door.type("alice", "help")


def test_one_more_is_taken_up_with_every_part_of_a_second_and_a_burst_after_a_while(door: Door) -> None:
    door.spend("alice")
    for _ in range(3):
        assert TOLD in door.type("alice", "help")
        door.hand.now += EVERY
        assert DONE in door.type("alice", "help")

    door.hand.now += BURST * EVERY
    door.spend("alice")
    assert TOLD in door.type("alice", "help")


def test_a_press_is_not_slowed(door: Door) -> None:
    request = door.bed.file("alice")
    card = door.bed.draw(request)
    door.spend("bob")
    assert TOLD in door.type("bob", "help")

    assert door.bed.press("bob", "approve", card).ok
    assert door.bed.store.request(request.id).state == "approved"


def test_a_form_and_its_list_are_not_slowed(door: Door) -> None:
    before = len(door.bed.requests())
    door.bed.box.slack.command("alice", "/jit")
    door.hand.now += EVERY
    door.spend("alice")
    assert TOLD in door.type("alice", "help")

    assert door.bed.box.slack.suggest("alice", "entitlement", "compute").options
    values = {"entitlement": "compute-admin-prod", "duration": "1h", "justification": "CHG-42 disk full"}
    assert door.bed.box.slack.submit("alice", values).ok
    assert len(door.bed.requests()) == before + 1


def test_presses_count_for_nothing(door: Door) -> None:
    card = door.bed.draw(door.bed.file("alice"))
    for _ in range(BURST):
        door.bed.press("bob", "approve", card)

    door.spend("bob")


async def ask(door: Front, bed: Bed, **changes: str) -> str:
    """What the door answers to a command, without a server in between."""
    body = form(**changes)
    headers = [(name.lower().encode(), value.encode()) for name, value in signed(bed, body).items()]
    said = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(part: Any) -> None:
        nonlocal said
        said += part.get("body", b"")

    await door({"type": "http", "method": "POST", "query_string": b"", "headers": headers}, receive, send)
    return said.decode()


def spent(hand: Hand, *, longest: float, more: int = 0) -> Pace:
    """A pace at which Alice has sent a burst and so many more."""
    pace = Pace(longest=longest, clock=hand)
    for _ in range(BURST + more):
        pace.delay(COMMAND)
    return pace


def test_what_is_refused_takes_no_thread(bed: Bed) -> None:
    pace, go = spent(Hand(), longest=0.0), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(go.wait, 20)
        try:
            assert TOLD in asyncio.run(asyncio.wait_for(ask(front(bed, pace, pool), bed), 10))
        finally:
            go.set()


def test_over_http_a_command_may_be_put_off_and_holds_no_thread_and_nobody_up(bed: Bed) -> None:
    pace = spent(Hand(), longest=600.0, more=1000)

    async def steps(door: Front) -> None:
        put_off = asyncio.create_task(ask(door, bed))
        await asyncio.sleep(0)
        assert DONE in await ask(door, bed, user_id="U0BOB")
        assert not put_off.done()
        put_off.cancel()

    with ThreadPoolExecutor(1) as pool:
        asyncio.run(steps(front(bed, pace, pool)))


def test_what_was_put_off_is_done(bed: Bed, stage: tuple[Stage, str]) -> None:
    stage[0].app = front(bed, spent(Hand(), longest=PUT_OFF), bed.pool)

    assert DONE in bed.box.slack.command("alice", "/jit help").body


def test_a_wait_that_would_be_too_long_is_refused_at_once_and_counts_for_nothing() -> None:
    hand = Hand()
    pace = spent(hand, longest=3 * EVERY)
    assert [pace.delay(COMMAND) for _ in range(3)] == pytest.approx([EVERY, 2 * EVERY, 3 * EVERY])
    for _ in range(100):
        with pytest.raises(Crowded):
            pace.delay(COMMAND)

    hand.now += EVERY
    assert pace.delay(COMMAND) == pytest.approx(3 * EVERY)


def test_whoever_has_a_whole_burst_again_is_forgotten() -> None:
    hand = Hand()
    pace = Pace(longest=0.0, clock=hand)
    for number in range(1000):
        pace.delay(COMMAND | {"user_id": f"U{number}"})
        pace.delay(COMMAND | {"user_id": "U0ALICE"})
        hand.now += EVERY

    assert len(pace._turns._free) <= 2 * BURST
