"""While everything is frozen applications neither ask nor use anything, and nobody confirms what they ask."""

from collections.abc import Callable

import pytest

from approvals.changes import Change
from approvals.freezes.freezing import thaw
from approvals.requests import Request
from tests.support.refunds import ASSERTED, Till
from tests.support.world import ALICE, World, refused

WAYS: dict[str, Callable[[Till, Request, Request], object]] = {
    "ask": lambda till, _one, _other: till.ask(),
    "ask for what a guardrail allows": lambda till, _one, _other: till.judged("allow").ask(),
    "use": lambda till, one, _other: till.consume(one),
    "confirm": lambda till, _one, other: till.confirm(ALICE, other),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_freeze_stops_of_applications_leaves_nothing(world: World, way: str) -> None:
    till = Till(world).asserting()
    approved, waits = till.approved(), till.ask(person=ASSERTED)
    before = {chain: len(world.store.entries(chain)) for chain in world.store.chains() if chain}
    till.frozen()

    for _ in range(2):
        with refused("frozen"):
            WAYS[way](till, approved, waits)
    assert {chain: len(world.store.entries(chain)) for chain in world.store.chains() if chain} == before
    thaw(world.store, by="operator", why=None, now=world.clock())
    WAYS[way](till, approved, waits)


def test_a_use_that_was_read_before_a_freeze_and_commits_after_it_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = Till(world)
    request = till.approved()
    write = world.store.commit

    def late(change: Change) -> None:
        monkeypatch.setattr(world.store, "commit", write)
        till.frozen()
        write(change)

    monkeypatch.setattr(world.store, "commit", late)

    with refused("frozen"):
        till.consume(request)
    assert world.read(request) == request
