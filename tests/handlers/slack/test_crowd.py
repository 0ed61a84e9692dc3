"""A member who floods is answered by a sentence, and holds no thread that somebody else needs."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from approvals.principals import Identity
from handlers.slack.crowd import AT_ONCE, Crowd, Crowded, sender
from sandbox.slack.records import Outcome
from tests.handlers.slack.bed import Bed


@contextmanager
def stuck(bed: Bed, who: str) -> Iterator[None]:
    """As many commands of one person as may be under way at once, none of which comes to its end."""
    begun, go = threading.Semaphore(0), threading.Event()
    offered = bed.access.offered

    def slow(identity: Identity, **given: Any) -> Any:
        if identity.principal.startswith(who) and not go.is_set():
            begun.release()
            go.wait(20)
        return offered(identity, **given)

    bed.access.offered = slow  # type: ignore[method-assign]
    with ThreadPoolExecutor(AT_ONCE) as flood:
        answers = [flood.submit(bed.box.slack.command, who, "/jit why") for _ in range(AT_ONCE)]
        try:
            for _ in range(AT_ONCE):
                assert begun.acquire(timeout=20)
            yield
        finally:
            go.set()
    assert all(answer.result().ok for answer in answers)


WAYS: dict[str, Callable[[Bed], Outcome]] = {
    "a command": lambda bed: bed.box.slack.command("bob", "/jit request logs because CHG-1"),
    "a form": lambda bed: bed.box.slack.submit("bob", {"reason": "No."}),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_too_many_at_once_is_told_so_and_nothing_is_done(bed: Bed, way: str) -> None:
    request = bed.file("alice")
    bed.press("bob", "deny", bed.draw(request))
    with stuck(bed, "bob"):
        outcome = WAYS[way](bed)

    said = json.dumps([outcome.body, outcome.errors], ensure_ascii=False)
    assert "You have several things under way at this moment. Try again when they are answered." in said
    assert [each.id for each in bed.requests()] == [request.id]
    assert len(list(bed.store.chains())) == 2


def test_one_press_too_many_at_once_fails_and_decides_nothing(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    with stuck(bed, "bob"):
        outcome = bed.press("bob", "approve", card)
        assert not outcome.ok
        assert bed.store.request(request.id).state == "pending"

    assert bed.press("bob", "approve", card).ok


def test_others_are_answered_meanwhile(bed: Bed) -> None:
    with stuck(bed, "alice"):
        outcome = bed.box.slack.command("bob", "/jit mine")

    assert "no open request" in outcome.body


def test_a_thread_that_runs_on_counts_whoever_waits_for_it() -> None:
    crowd, go = Crowd(), threading.Event()
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        running = [crowd.submit(pool, "T/U", go.wait, 20) for _ in range(AT_ONCE)]
        with pytest.raises(Crowded):
            crowd.submit(pool, "T/U", go.wait, 20)
        crowd.submit(pool, "T/V", int).result()
        go.set()
        assert all(each.result() for each in running)

    crowd.enter("T/U")


def test_a_pool_that_takes_nothing_more_counts_nothing() -> None:
    crowd, pool = Crowd(), ThreadPoolExecutor(1)
    pool.shutdown()
    for _ in range(2 * AT_ONCE):
        with pytest.raises(RuntimeError):
            crowd.submit(pool, "T/U", int)


def test_who_sends_is_who_slack_says_and_nothing_typed() -> None:
    command = {"user_id": "U1", "team_id": "T1", "text": "user_id=U2", "user_name": "U2"}
    press = {"user": {"id": "U1", "team_id": "T1"}, "user_id": "U2", "team_id": "T2"}

    assert sender(command) == sender(press) == "T1/U1"
