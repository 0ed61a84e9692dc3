"""What 0.1.0 recorded of each person's bindings, folded into the one ledger of the resource."""

import json
from datetime import timedelta
from typing import Any

from approvals.access.bindings import Mark
from approvals.ledgers.folding import folded, is_old, resource_subject
from approvals.ledgers.ledger import Attempt, Known, Ledger
from approvals.times import rfc3339
from tests.approvals.ledgers.plans import after, mark
from tests.support.builders import NOW, RESOURCE

ALICE, GWEN = f"binding:{RESOURCE}|alice@example.com", f"binding:{RESOURCE}|gwen@example.com"
MINE, LONGER, HERS = mark(), mark(minutes=(0, 90)), mark("gwen")
SOON = NOW + timedelta(seconds=10)


def old(**fields: Any) -> bytes:
    return json.dumps({"v": 1, **fields}).encode()


def without_member(one: Mark) -> dict[str, str]:
    return {"role": one.role, "expression": one.expression}


def known(*marks: Mark) -> list[dict[str, Any]]:
    return [{"mark": without_member(each), "end": rfc3339(after(60))} for each in marks]


def held(*marks: Mark) -> list[dict[str, Any]]:
    return [{"mark": without_member(each), "requests": ["r-1"]} for each in marks]


CONFIRMED = old(known=known(MINE), confirmed=held(MINE))


def test_the_member_is_added_to_what_a_person_has() -> None:
    ledger = folded(Ledger(), CONFIRMED, subject=ALICE)

    assert ledger == Ledger(known=(Known(mark=MINE, end=after(60), requests=("r-1",)),))


def test_everybodys_are_in_one() -> None:
    ledger = folded(folded(Ledger(), CONFIRMED, subject=ALICE), CONFIRMED, subject=GWEN)

    assert [each.mark for each in ledger.known] == [MINE, HERS]


def test_what_may_still_arrive_is_kept_with_its_deadline() -> None:
    body = old(
        known=known(MINE, LONGER),
        added=[without_member(LONGER)],
        replaced=held(MINE),
        deadline=rfc3339(SOON),
    )
    ledger = folded(folded(Ledger(), CONFIRMED, subject=GWEN), body, subject=ALICE)

    assert ledger.attempts == (Attempt(added=(LONGER,), replaced=(MINE,), deadline=SOON),)
    assert ledger.arriving(NOW) == {LONGER.key}
    assert not ledger.arriving(SOON)
    assert [each.mark for each in ledger.seen([HERS], now=NOW).missed()] == [MINE]
    assert ledger.seen([HERS, LONGER], now=NOW).missed() == ()


def test_a_doubt_is_kept_for_its_person_alone() -> None:
    body = old(known=known(MINE), confirmed=held(MINE), missed=rfc3339(NOW))
    ledger = folded(folded(Ledger(), CONFIRMED, subject=GWEN), body, subject=ALICE)

    assert [(each.mark, each.missed) for each in ledger.missed()] == [(MINE, NOW)]
    assert ledger.seen([MINE, HERS], now=SOON).missed() == ()


def test_nothing_and_what_cannot_be_read_change_nothing() -> None:
    before = folded(Ledger(), CONFIRMED, subject=ALICE)

    for body in (b"", b"folded", b"\xff", b"[]", old(known=3)):
        assert folded(before, body, subject=GWEN) == before


def test_a_person_with_a_bar_in_the_address_is_on_the_same_resource() -> None:
    odd = f"binding:{RESOURCE}|a|b@example.com"
    (one,) = folded(Ledger(), CONFIRMED, subject=odd).known

    assert (one.mark.member, resource_subject(odd)) == ("user:a|b@example.com", f"binding:{RESOURCE}")
    assert [is_old(each) for each in (odd, f"binding:{RESOURCE}", "request:r-1|2")] == [True, False, False]
