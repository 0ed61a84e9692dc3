"""The ledger of one resource: what a missing binding means for each person, and how little is remembered."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.access.bindings import Key, Mark
from approvals.ledgers.ledger import Attempt, Known, Ledger, decoded, encoded
from approvals.reconcile.backoff import backoff
from tests.approvals.ledgers.plans import after, claim, crowd, mark, want
from tests.support.builders import NOW

MINE, LONGER, HERS = mark(), mark(minutes=(0, 90)), mark("gwen")
SOON = NOW + timedelta(seconds=10)
NOTHING: frozenset[Key] = frozenset()


def holding(*marks: Mark) -> Ledger:
    """A ledger of bindings that were read back, each for a request of its own."""
    known = [Known(mark=each, end=after(60), requests=(f"r-{number}",)) for number, each in enumerate(marks)]
    return Ledger(known=tuple(known))


def sent(before: Ledger, add: list[Mark], remove: list[Mark], *, deadline: datetime = SOON) -> Ledger:
    return before.attempting(
        dict.fromkeys(add, after(90)), dict.fromkeys(remove, after(60)), now=NOW, shown=deadline
    )


def missing(ledger: Ledger, *present: Mark) -> list[Mark]:
    """What is in doubt after a read that showed these."""
    return [known.mark for known in ledger.seen(present, now=NOW).missed()]


def test_what_was_never_read_back_is_never_missed() -> None:
    assert missing(sent(Ledger(), [MINE], [])) == []


def test_what_was_read_back_and_is_not_there_is_in_doubt_and_nothing_else() -> None:
    assert missing(holding(MINE, HERS), HERS) == [MINE]


def test_a_doubt_begins_once_and_ends_with_a_read_that_shows_the_binding() -> None:
    first = holding(MINE, HERS).seen([HERS], now=NOW)
    again = first.seen([], now=after(1))

    assert [(known.mark, known.missed) for known in again.missed()] == [(MINE, NOW), (HERS, after(1))]
    assert again.seen([MINE, HERS], now=after(2)) == holding(MINE, HERS)


def test_what_a_write_of_ours_takes_out_is_not_missed() -> None:
    assert missing(sent(holding(MINE), [], [MINE])) == []


def test_what_a_write_of_ours_replaces_is_not_missed_while_anything_of_it_is_there() -> None:
    assert missing(sent(holding(MINE), [LONGER], [MINE]), LONGER) == []


def test_what_was_to_be_replaced_and_is_gone_with_its_successor_was_taken_out_by_others() -> None:
    assert missing(sent(holding(MINE), [LONGER], [MINE])) == [MINE]


def test_what_the_same_write_put_in_for_another_does_not_hide_it() -> None:
    """One write for two people: hers is there, mine and its successor are not. So somebody took mine out."""
    assert missing(sent(holding(MINE), [LONGER, HERS], [MINE]), HERS) == [MINE]


def test_two_writes_one_after_the_other_hide_what_the_first_replaced() -> None:
    third = mark(minutes=(0, 120))
    ledger = sent(sent(holding(MINE), [LONGER], [MINE]), [third], [LONGER])

    assert missing(ledger, third) == []


def test_an_accepted_write_leaves_none_that_can_arrive() -> None:
    ledger = sent(sent(Ledger(), [MINE], []), [MINE, HERS], [])

    done = ledger.accepted(shown=SOON).settled({}, [MINE, HERS], unsettled={MINE.key, HERS.key}, read_at=NOW)

    assert ledger.arriving(NOW) == {MINE.key, HERS.key}
    assert done.arriving(NOW) == NOTHING


def test_what_was_accepted_may_come_to_be_seen_until_reads_have_caught_up() -> None:
    ledger = sent(sent(Ledger(), [MINE], []), [HERS], []).accepted(shown=SOON)
    stale = ledger.settled({}, [], unsettled=NOTHING, read_at=NOW)

    assert stale.arriving(NOW) == {HERS.key}, "and nothing of the one before it, whose etag is used up"
    assert stale.settled({}, [], unsettled=NOTHING, read_at=SOON).attempts == ()


def test_a_refused_write_leaves_the_one_before_it_that_may_arrive() -> None:
    ledger = sent(sent(Ledger(), [MINE], []), [HERS], []).without_effect()

    assert ledger.arriving(NOW) == {MINE.key}
    assert ledger.arriving(SOON) == NOTHING
    assert ledger.deadlines(NOW) == [SOON]


def test_a_read_settles_whom_it_shows_right_and_leaves_the_others() -> None:
    held = [claim(1), claim(2, person="gwen@example.com")]
    ledger = sent(Ledger(), [MINE, HERS], []).without_effect()
    settled = ledger.settled(want(held), [MINE], unsettled={HERS.key}, read_at=NOW)

    assert {known.mark: known.requests for known in settled.known} == {MINE: ("r-0000000001",), HERS: ()}
    assert settled.attempts == (Attempt(added=(HERS,)),)


def test_what_may_still_be_taken_out_by_a_late_write_is_not_held_against_anybody() -> None:
    ledger = sent(holding(MINE), [LONGER], [MINE])
    settled = ledger.settled(want([claim(1)]), [MINE], unsettled=NOTHING, read_at=NOW)
    landed = settled.settled(want([claim(1)]), [MINE], unsettled=NOTHING, read_at=SOON)

    assert [(known.mark, known.requests) for known in settled.known] == [(MINE, ("r-0",)), (LONGER, ())]
    assert missing(settled, LONGER) == []
    assert (landed.attempts, missing(landed, LONGER)) == ((), [MINE])


def test_what_is_gone_is_looked_for_until_its_window_is_over_and_then_forgotten() -> None:
    def read(at: datetime) -> list[Mark]:
        settled = holding(MINE).settled({}, [], unsettled=NOTHING, read_at=at)
        return [known.mark for known in settled.known]

    assert read(after(59)) == [MINE]
    assert read(after(60)) == []


def test_what_is_in_doubt_when_its_window_is_over_is_looked_for_once_more() -> None:
    doubted = holding(MINE).seen([], now=after(59.9))
    ledger = doubted.settled({}, [], unsettled={MINE.key}, read_at=after(60))

    assert [known.mark for known in ledger.missed()] == [MINE]


def test_what_is_still_there_after_its_window_is_not_forgotten() -> None:
    assert holding(MINE).settled({}, [MINE], unsettled=NOTHING, read_at=after(61)).known != ()


def test_a_long_trouble_leaves_no_long_list_of_writes() -> None:
    ledger = Ledger()
    for minute in range(100):
        ledger = ledger.attempting(
            {LONGER: after(90)}, {MINE: after(60)}, now=after(minute), shown=after(minute + 0.1)
        )

    assert ledger.attempts == (
        Attempt(added=(LONGER,), replaced=(MINE,)),
        Attempt(added=(LONGER,), replaced=(MINE,), deadline=after(99.1)),
    )


MARKS = [mark(who, minutes=(0, end)) for who in ("alice", "gwen") for end in (30, 60, 90)]
ENDS = dict(zip(MARKS, [after(30), after(60), after(90)] * 2, strict=True))
SOME = st.lists(st.sampled_from(MARKS), max_size=3, unique=True)


@settings(max_examples=300)
@given(
    writes=st.lists(
        st.tuples(SOME, SOME, st.sampled_from(["accepted", "refused", "unsure"]), SOME, st.sampled_from(range(80)))
    ),
    left=SOME,
)
def test_when_every_window_is_over_nothing_is_remembered_but_what_is_still_there(
    writes: list[tuple[list[Mark], list[Mark], str, list[Mark], int]], left: list[Mark]
) -> None:
    """However often Google refused something of the same key, which then never comes to be as it should."""
    ledger = Ledger()
    for add, remove, answer, present, minute in sorted(writes, key=lambda each: each[-1]):
        now = after(minute)
        ledger = ledger.seen(present, now=now).attempting(
            {each: ENDS[each] for each in add},
            {each: ENDS[each] for each in remove},
            now=now,
            shown=after(minute + 1),
        )
        if answer != "unsure":
            ledger = ledger.accepted(shown=now) if answer == "accepted" else ledger.without_effect()
            ledger = ledger.put_off(add, now=now, wait=backoff)
        unsettled = {each.key for each in MARKS[minute % len(MARKS) :]}
        before = {known.mark for known in ledger.known}
        ledger = ledger.settled({}, present, unsettled=unsettled, read_at=now)
        assert {each for each in before if ENDS[each] > now} <= {known.mark for known in ledger.known}
    ledger = ledger.seen(left, now=after(91))
    ledger = ledger.without([known.mark for known in ledger.missed()])
    ledger = ledger.settled({}, left, unsettled={each.key for each in MARKS}, read_at=after(91))

    assert {known.mark for known in ledger.known} <= {*left}
    assert {each for attempt in ledger.attempts for each in (*attempt.added, *attempt.replaced)} <= {*left}


def test_what_is_put_off_waits_longer_each_time_and_keeps_nobody_else() -> None:
    once = holding(MINE, HERS).put_off([MINE], now=NOW, wait=backoff)
    often = once
    for _ in range(5):
        often = often.put_off([MINE], now=NOW, wait=backoff)

    assert set(once.waiting(now=NOW)) == set(often.waiting(now=NOW)) == {MINE}
    assert once.waiting(now=NOW)[MINE] < often.waiting(now=NOW)[MINE]
    assert once.waiting(now=after(10)) == {}


def test_what_was_put_off_is_as_good_as_new_once_it_is_right() -> None:
    ledger = holding(MINE).put_off([MINE], now=NOW, wait=backoff)

    assert ledger.settled(want([claim(1)]), [MINE], unsettled=NOTHING, read_at=NOW).waiting(now=NOW) == {}


def test_the_ledger_of_a_full_policy_fits_into_a_document() -> None:
    """IAM holds 1,500 principals in a policy, Firestore one mebibyte in a document."""
    ledger = sent(Ledger(), [*want(crowd(1500))], [*want(crowd(1500, minutes=(0, 30)))])
    body = encoded(ledger)

    assert decoded(body) == ledger
    assert len(body) < 2**20 / 10


def test_nothing_is_an_empty_ledger() -> None:
    assert decoded(b"") == Ledger()
