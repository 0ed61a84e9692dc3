"""A drill keeps who has answered, on every store: each once, only who was called, and while it lasts."""

from datetime import timedelta

import pytest

from approvals import drilling, drills
from approvals.drills import Drill
from approvals.ports.store import Store
from approvals.refusals.errors import Refused
from countersign_client.chain import verify
from tests.support.builders import NOW
from tests.support.meetings import many_at_once

PEOPLE = ("bob@example.com", "carol@example.com", "dan@example.com")
WITHIN = timedelta(minutes=15)


def begun(store: Store) -> Drill:
    return drilling.begin(store, people=PEOPLE, within=WITHIN, by="os:root", now=NOW)


def answer(store: Store, drill: Drill, person: str, *, after: timedelta = timedelta(minutes=1)) -> Drill:
    account = f"slack:T0123ABCD/{person.upper()}"
    return drilling.answer(store, drill.id, person=person, account=account, now=NOW + after)


def test_nobody_answers_what_did_not_call_them_or_is_over(store: Store) -> None:
    with pytest.raises(Refused, match=r"drill\.over"):
        drilling.answer(store, "d-0000000000", person=PEOPLE[0], account="", now=NOW)
    drill = begun(store)

    for person, after, code in (
        ("eve@example.com", timedelta(minutes=1), "drill.others"),
        (PEOPLE[0], WITHIN, "drill.over"),
    ):
        with pytest.raises(Refused) as refused:
            answer(store, drill, person, after=after)
        assert refused.value.code == code
    assert drilling.read(store) == drill


def test_another_one_begins_only_when_the_last_is_over(store: Store) -> None:
    first = begun(store)
    with pytest.raises(Refused, match=r"drill\.open"):
        begun(store)
    for person in PEOPLE:
        answer(store, first, person)
    second = begun(store)
    assert second.id != first.id
    with pytest.raises(Refused, match=r"drill\.over"):
        answer(store, first, PEOPLE[0])
    later = NOW + WITHIN
    assert drilling.begin(store, people=PEOPLE, within=WITHIN, by="os:root", now=later).begun == later


def due(store: Store, drill: Drill) -> bool:
    return drills.subject(drill) in store.due(now=NOW + WITHIN, limit=9, kind="drill")


def test_whatever_begins_or_answers_a_drill_has_it_worked_on_by_the_same_commit(store: Store) -> None:
    """Nobody has to live on for that."""
    drill = begun(store)
    assert due(store, drill)
    lease = store.lease(drills.subject(drill), owner="a", now=NOW, until=NOW + timedelta(seconds=30))
    assert lease is not None
    store.release(lease, due=None)
    assert not due(store, drill)
    answer(store, drill, PEOPLE[0])

    assert due(store, drill)


def test_a_drill_that_was_refused_is_not_worked_on(store: Store) -> None:
    begun(store)
    before = store.due(now=NOW + WITHIN, limit=9, kind="drill")
    with pytest.raises(Refused):
        begun(store)

    assert store.due(now=NOW + WITHIN, limit=9, kind="drill") == before


def test_everybody_at_once_is_counted_once_and_told_in_the_chain(store: Store) -> None:
    drill = begun(store)
    many_at_once(6, lambda number: answer(store, drill, PEOPLE[number % 3]))

    found = drilling.read(store)
    assert found is not None
    assert sorted(each.person for each in found.answers) == sorted(PEOPLE)
    assert not found.lasts(NOW + timedelta(minutes=2))
    entries = store.entries("")
    verify(entries, request="", head=entries[-1].hash)
    told = [(each.action, each.actor) for each in entries if each.action.startswith("drill")]
    assert told[0] == ("drill.begun", "os:root")
    assert sorted(told[1:]) == [("drill.answered", person) for person in PEOPLE]
