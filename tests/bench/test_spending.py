"""What the bench charges is what lies in the database afterwards. How much that is, no test asks."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.bill import Bill, Step
from bench.spending import GIVEN, TAKEN, Kind, Spent, charged, figures, kinds, metered
from chaos import scene
from chaos.documents import Documents
from tests.support.emulators import firestore_host, new_project

__all__ = ["firestore_host"]

CALLS = 2


class Life(NamedTuple):
    """What was charged for lives of one kind, and what came into the database by them."""

    spent: Spent
    came: Counter[str]


class Lived(NamedTuple):
    bill: Bill
    kinds: dict[str, Life]


@pytest.fixture(scope="module")
def lived(firestore_host: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Each kind of life once, with one service."""
    folder: Path = tmp_path_factory.mktemp("spending")
    with metered(folder, firestore_host, project=new_project()) as (bill, lives, records):
        every = kinds(lives, scene.REQUESTERS, most=1, others=1, calls=CALLS)
        yield Lived(bill, {kind.name: _once(bill, kind, records) for kind in every})


def _once(bill: Bill, kind: Kind, records: Documents) -> Life:
    before = _lie(records)
    return Life(charged(bill, kind), _lie(records) - before)


def _lie(records: Documents) -> Counter[str]:
    """How often documents were written, as they themselves say: entries and votes once, a record a version."""
    requests = [records.request(name) for name in records.ids()]
    return Counter(
        audit=sum(len(records.chain(each.id)[0]) for each in requests),
        requests=sum(each.version for each in requests),
        reviews=sum(len(each.reviews) for each in requests),
        filings=len(requests),
    )


def test_nobody_is_charged_for_what_they_did_not_do(lived: Lived) -> None:
    ((_, cost),) = lived.bill.charge([Step("nothing", lambda: None)])

    assert not {f"writes {each}" for each in ("audit", "requests", "reviews", "filings")} & cost.keys()


def test_what_is_spent_anyway_is_charged_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """By how long a step took, of the time in which that was counted."""
    moments, told = iter((0.0, 30.0)), iter((0, 60, 60, 100))
    bill = Bill(0)
    monkeypatch.setattr(bill, "quiet", lambda: None)
    monkeypatch.setattr(bill, "counts", lambda: Counter(reads=next(told)))
    monkeypatch.setattr("bench.bill.time.sleep", lambda _: None)
    monkeypatch.setattr("bench.bill.time.monotonic", lambda: next(moments))

    assert bill.idle(60) == {"reads": 60}
    assert list(bill.charge([Step("asked", lambda: None)])) == [("asked", {"reads": 40 - 30})]


def test_every_kind_is_lived(lived: Lived) -> None:
    assert len(lived.kinds) == 7
    assert all(life.came["requests"] for life in lived.kinds.values())


@pytest.mark.parametrize("collection", ["audit", "requests", "reviews", "filings"])
def test_what_is_charged_is_what_came(lived: Lived, collection: str) -> None:
    charged = {name: life.spent.whole.get(f"writes {collection}", 0) for name, life in lived.kinds.items()}

    assert charged == {name: life.came[collection] for name, life in lived.kinds.items()}


def test_all_writes_are_those_of_some_collection(lived: Lived) -> None:
    for life in lived.kinds.values():
        for kind in ("reads", "writes", "deletes"):
            parts = [n for name, n in life.spent.whole.items() if name.startswith(f"{kind} ")]
            assert sum(parts) == life.spent.whole.get(kind, 0)


def test_a_figure_is_of_one_of_those_that_were_lived(lived: Lived) -> None:
    """A call of a window is one of several of one life."""
    taken = lived.kinds[TAKEN].spent
    (_, writes, _) = figures(taken)

    assert (taken.times, writes.value) == (CALLS, round(taken.whole["writes"] / CALLS, 1))
    assert writes.target is None


def test_a_request_for_access_has_targets_and_nothing_else_has_any(lived: Lived) -> None:
    judged = {
        name: {each.target is not None for each in figures(life.spent)} for name, life in lived.kinds.items()
    }

    assert judged.pop(GIVEN) == {True}
    assert set[bool]().union(*judged.values()) == {False}
