"""One member asks and asks: the others' cards come as if nobody did."""

import re
from collections.abc import Iterable

from tests.running import Running
from tests.shown import buttons

MANY = 20


def ask(office: Running, who: str) -> str:
    outcome = office.box.slack.command(who, "/jit request admin for 1h because INC-1")
    named = re.search(r"r-[0-9a-z]{10}", outcome.body)
    assert named, outcome.body
    return named[0]


def posted(office: Running, requests: Iterable[str]) -> int:
    """How many requests have a card in the channel."""
    return sum(bool(office.cards(request)) for request in requests)


def test_many_requests_of_one_member_do_not_put_off_anothers_buttons(office: Running) -> None:
    """Counted in the other's cards, not in seconds: each post takes its time, and twenty stood before one."""
    office.box.slack.faults.add("chat.postMessage", "delay", times=1000, seconds=1.0)
    alices = [ask(office, "alice") for _ in range(MANY)]
    bobs = ask(office, "bob")
    before = posted(office, alices)
    office.until(lambda: [card for card in office.cards(bobs) if "approve" in buttons(card)])
    after = posted(office, alices)
    assert after - before <= MANY / 2

    office.until(lambda: posted(office, alices) == MANY)


def test_what_was_filed_and_withdrawn_at_once_is_not_posted(office: Running) -> None:
    office.box.slack.faults.add("chat.postMessage", "delay", times=1000, seconds=1.0)
    # Two, so that neither sends more than a burst of commands.
    asked = [(who, ask(office, who)) for who in ("alice", "dan") for _ in range(MANY // 2)]
    for who, request in asked:
        office.box.slack.command(who, f"/jit withdraw {request}")
    bobs = ask(office, "bob")
    office.until(lambda: [card for card in office.cards(bobs) if "approve" in buttons(card)])
    office.settled()

    assert posted(office, [request for _, request in asked]) <= MANY / 2
