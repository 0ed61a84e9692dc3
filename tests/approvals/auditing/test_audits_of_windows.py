"""Calls of windows are held against them, however many there are of one, and each window is read twice at most."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest

from approvals.auditing.audits import Inspection
from approvals.chains import Bound, Held, Opening, Taken
from countersign_client.chain import START, Entry
from tests.support.builders import NOW

OPENER, MANY = "r-0000000000", 1000
DIGEST = "sha256:" + "0" * 64
BOUND = Bound("agents", "deploy", "alice@example.com", "what")
UNTIL = NOW + timedelta(hours=1)


def name(number: int) -> str:
    return f"r-{number:010d}"


class Crafted:
    """A store with a window and a thousand calls that say to be of it; the window counts the first so many."""

    def __init__(self, *, counts: int) -> None:
        self.counts = counts
        self.reads: Counter[str] = Counter()

    def chains(self) -> Iterable[str]:
        yield from (name(number) for number in range(1, MANY + 1))
        yield OPENER

    def entries(self, chain: str) -> Sequence[Entry]:
        raise AssertionError(chain)

    def held(self, chain: str) -> Held:
        self.reads[chain] += 1
        if chain == OPENER:
            counted = {number: (name(number), DIGEST) for number in range(1, self.counts + 1)}
            opening = Opening(DIGEST, NOW, UNTIL, MANY, counted, BOUND)
            return Held(hashes=(START,), faults=(), opening=opening)
        taken = Taken(DIGEST, OPENER, DIGEST, int(chain.removeprefix("r-")), NOW, BOUND)
        return Held(hashes=(START,), faults=(), taken=taken)


@pytest.mark.parametrize(("counts", "reads"), [(0, 2), (MANY // 2, 2), (MANY, 1)])
def test_each_call_that_a_window_does_not_count_is_named_and_the_window_hardly_ever_read(
    counts: int, reads: int
) -> None:
    store = Crafted(counts=counts)
    found = [*Inspection(store).faults()]

    assert [each.chain for each in found] == [name(number) for number in range(counts + 1, MANY + 1)]
    assert all("which counts no call" in each.text for each in found)
    # Its own look at the window is one more.
    assert store.reads[OPENER] == reads + 1
    assert store.reads.total() == MANY + 1 + reads


def test_what_a_window_counted_after_it_was_read_is_of_it() -> None:
    store = Crafted(counts=1)
    faults = Inspection(store).faults()
    held = store.held

    def counting(chain: str) -> Held:
        store.counts = MANY if chain == name(MANY) else store.counts
        return held(chain)

    store.held = counting  # type: ignore[method-assign]

    assert [*faults] == []
    assert store.reads[OPENER] == 3
