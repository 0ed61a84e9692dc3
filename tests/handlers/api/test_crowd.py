"""What is slow to answer holds up who asked for it, and nobody else: programs and pages."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from handlers import pace
from handlers.web import site
from tests.handlers.api.conftest import ALICE, BOB
from tests.support.callers import Caller
from tests.support.running import Running
from tests.support.visits import Browser


class Slow:
    """A part of the store that answers when it is let."""

    def __init__(self, really: Callable[..., Any]) -> None:
        self.came, self.go = threading.Semaphore(0), threading.Event()
        self._really = really

    def __call__(self, *args: Any, **named: Any) -> Any:
        self.came.release()
        assert self.go.wait(60)
        return self._really(*args, **named)


@contextmanager
def slow(office: Running, what: str) -> Iterator[Slow]:
    held = Slow(getattr(office.service.store, what))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office.service.store, what, held)
        try:
            yield held
        finally:
            held.go.set()


def test_calls_of_one_account_leave_threads_to_the_others(office: Running) -> None:
    alice, bob = Caller(office, ALICE), Caller(office, BOB)
    ask = {"entitlement": "pair", "justification": "INC-1 disk full"}
    with ThreadPoolExecutor(pace.AT_ONCE) as pool, slow(office, "filed") as held:
        first = [pool.submit(alice.post, "/v1/requests", ask) for _ in range(pace.AT_ONCE)]
        assert all(held.came.acquire(timeout=60) for _ in first)
        beyond, other = alice.get("/v1/me"), bob.get("/v1/me")
        held.go.set()

    assert (beyond.status, beyond.code, beyond.headers["retry-after"]) == (429, "pace", "1")
    assert other.status == 200
    assert [each.result().status for each in first].count(201) >= 1
    assert alice.get("/v1/me").status == 200


def test_pages_of_one_account_leave_threads_to_the_others(office: Running) -> None:
    alice, bob = Browser(office, ALICE), Browser(office, BOB)
    with ThreadPoolExecutor(site.AT_ONCE) as pool, slow(office, "history") as held:
        first = [pool.submit(alice.get, "/history") for _ in range(site.AT_ONCE)]
        assert all(held.came.acquire(timeout=60) for _ in first)
        beyond, other = alice.get("/"), bob.get("/")
        held.go.set()

    assert (beyond.status, other.status) == (429, 200)
    assert site.CROWDED in beyond.words
    assert {each.result().status for each in first} == {200}
    assert alice.get("/").status == 200
