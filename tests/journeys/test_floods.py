"""One member asks and asks: the others' cards come as if nobody did."""

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from approvals.ports.messages import Notice, Posted
from approvals.telling.cards import Card
from handlers.slack.messenger import SlackMessenger
from tests.support.running import Running
from tests.support.shown import buttons

MANY = 20


def ask(office: Running, who: str) -> str:
    outcome = office.box.slack.command(who, "/jit request admin for 1h because INC-1")
    named = re.search(r"r-[0-9a-z]{10}", outcome.body)
    assert named, outcome.body
    return named[0]


def posted(office: Running, requests: Iterable[str]) -> int:
    """How many requests have a card in the channel."""
    return sum(bool(office.cards(request)) for request in requests)


@contextmanager
def held_posts(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is posted before the block ends, however long people take in it."""
    go, post = threading.Event(), SlackMessenger.post

    def later(messenger: SlackMessenger, notice: Notice, card: Card, *, timeout: float) -> Posted:
        go.wait(60)
        return post(messenger, notice, card, timeout=timeout)

    patch.setattr(SlackMessenger, "post", later)
    try:
        yield
    finally:
        go.set()


def test_many_requests_of_one_member_do_not_put_off_anothers_card(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in the other's cards, not in seconds: each post takes its time, and twenty stood before one."""
    office.box.slack.faults.add("chat.postMessage", "delay", times=1000, seconds=0.5)
    with held_posts(monkeypatch):
        alices = [ask(office, "alice") for _ in range(MANY)]
        asked = office.box.slack.state.new_ts()
        bobs = ask(office, "bob")
    office.until(lambda: [card for card in office.cards(bobs) if "approve" in buttons(card)])
    office.until(lambda: posted(office, alices) == MANY)

    (mine,) = office.cards(bobs)
    theirs = [card.ts for request in alices for card in office.cards(request)]
    assert len([ts for ts in theirs if asked < ts < mine.ts]) <= MANY / 2


def test_what_was_filed_and_withdrawn_at_once_is_not_posted(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_posts(monkeypatch):
        # Two, so that neither sends more than a burst of commands.
        asked = [(who, ask(office, who)) for who in ("alice", "dan") for _ in range(MANY // 2)]
        for who, request in asked:
            office.box.slack.command(who, f"/jit withdraw {request}")
    bobs = ask(office, "bob")
    office.until(lambda: [card for card in office.cards(bobs) if "approve" in buttons(card)])
    office.settled()

    assert posted(office, [request for _, request in asked]) <= MANY / 2
