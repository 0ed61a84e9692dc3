"""The store cannot keep a change while Slack waits: the person is told so, and what they were told is true."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from approvals.backends.stores.sqlite import write_lock
from tests.support.running import Running
from tests.support.shown import words

NOTHING = "nothing was changed"
UNSURE = "it may have been kept all the same"


@contextmanager
def held(office: Running) -> Iterator[None]:
    """Another process holds the store, as a backup or an administrator's tool does."""
    with closing(sqlite3.connect(office.folder / "countersign.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def slow_disk(office: Running, *, seconds: float) -> Iterator[threading.Event]:
    """Each change of a request takes so long to be written, until the disk is told to be quick again."""
    quick = threading.Event()
    writer: Any = office.service.store._writer  # type: ignore[attr-defined]
    trigger = "CREATE TEMP TRIGGER slow AFTER {} ON main.requests BEGIN SELECT wait(); END"
    writer._connection.create_function("wait", 0, lambda: quick.wait(seconds) and None)
    for number, kind in enumerate(("INSERT", "UPDATE")):
        made = trigger.format(kind).replace("slow", f"slow{number}")
        writer.run(lambda connection, made=made: connection.execute(made) and None)
    yield quick
    for number in range(2):
        writer.run(
            lambda connection, number=number: connection.execute(f"DROP TRIGGER temp.slow{number}") and None
        )


def approve(office: Running, asked: str) -> str:
    outcome = office.box.slack.press("bob", "approve", message=office.card(asked, having="approve", by="bob"))
    assert outcome.status == 503, "Slack marks the click as failed"
    return office.until(lambda: "".join(office.whispers("bob")))


def withdraw(office: Running, asked: str) -> str:
    return office.box.slack.command("alice", f"/jit withdraw {asked}").body


def ask(office: Running, asked: str) -> str:
    return office.box.slack.command("alice", "/jit request admin for 1h because INC-2").body


def deny(office: Running, asked: str) -> str:
    return str(office.box.slack.submit("bob", {"reason": "Not today"}).errors)


def form(office: Running, asked: str) -> str:
    filled = {"entitlement": "admin", "duration": "1h", "justification": "INC-3"}
    return str(office.box.slack.submit("dan", filled).errors)


@pytest.mark.parametrize("way", [approve, withdraw, ask, deny, form])
def test_what_cannot_be_begun_in_time_is_not_kept_and_says_so(
    office: Running,
    way: Callable[[Running, str], str],
    monkeypatch: pytest.MonkeyPatch,
    hasty: Callable[[], None],
) -> None:
    monkeypatch.setattr(write_lock, "TIMEOUT", 60.0)
    asked = office.ask("alice", "admin")
    _opened(office, asked, way)
    before = office.request(asked)
    hasty()
    with held(office):
        began = time.monotonic()
        said = way(office, asked)
        assert time.monotonic() - began < 30, "the store itself would wait for longer"
        assert NOTHING in said
    time.sleep(0.5)
    assert office.request(asked) == before
    assert [request.id for request in office.service.store.open_of("alice@example.com")] == [asked]
    assert office.service.store.open_of("dan@example.com") == []


@pytest.mark.parametrize("way", [approve, withdraw, deny])
def test_what_is_under_way_when_time_is_up_may_be_kept_and_says_so(
    office: Running, way: Callable[[Running, str], str], hasty: Callable[[], None]
) -> None:
    asked = office.ask("alice", "admin")
    _opened(office, asked, way)
    hasty()
    with slow_disk(office, seconds=60) as quick:
        began = time.monotonic()
        assert UNSURE in way(office, asked)
        assert time.monotonic() - began < 45, "nobody waits for the disk"
        quick.set()
        office.until(lambda: office.request(asked).state != "pending")
    office.until(lambda: "Waiting for approval" not in words(office.cards(asked)[-1]))


def _opened(office: Running, asked: str, way: Callable[[Running, str], str]) -> None:
    if way is deny:
        assert office.press("bob", "deny", asked).ok
    if way is form:
        assert office.box.slack.command("dan", "/jit").ok
