"""While everything is frozen no write may give anybody more than there is."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.access.bindings import Mark, Wanted, expression, window_of
from approvals.freezes.narrowing import narrowed, narrows
from approvals.grants import Window, union
from approvals.ports.targets import Binding
from tests.support.builders import NOW

CONDITION = "resource.name == 'x' && (request.time < timestamp(\"2026-11-22T10:00:00Z\"))"


def window(start: int, end: int) -> Window:
    """A window by minutes after NOW."""
    return Window(start=NOW + timedelta(minutes=start), end=NOW + timedelta(minutes=end))


def binding(start: int, end: int, *, condition: str = "", **changes: str) -> Binding:
    good = Binding(
        role="roles/run.admin",
        member="user:alice@example.com",
        title="t",
        description="d",
        expression=expression(window(start, end), condition),
    )
    return msgspec.structs.replace(good, **changes)


def wanted(bindings: Iterable[Binding], requests: tuple[str, ...] = ()) -> dict[Mark, Wanted]:
    each = [Wanted(binding=one, end=spoken(one).end, requests=requests) for one in bindings]
    return {one.mark: one for one in each}


def spoken(one: Binding) -> Window:
    found = window_of(one.expression)
    assert found is not None
    return found[0]


# --- what a write may do


@pytest.mark.parametrize(
    ("add", "remove"),
    [
        ([binding(0, 60)], []),
        ([binding(0, 61)], [binding(0, 60)]),
        ([binding(-1, 60)], [binding(0, 60)]),
        ([binding(60, 90)], [binding(0, 60)]),
        ([binding(0, 90)], [binding(0, 60), binding(60, 90)]),
        ([binding(0, 30), binding(0, 90)], [binding(0, 60)]),
        ([binding(0, 30, role="roles/owner")], [binding(0, 60)]),
        ([binding(0, 30, member="user:bob@example.com")], [binding(0, 60)]),
        ([binding(0, 30)], [binding(0, 60, condition=CONDITION)]),
        ([binding(0, 30, condition=CONDITION)], [binding(0, 60)]),
        ([binding(0, 30, expression="true")], [binding(0, 60)]),
        ([binding(0, 30, expression="")], [binding(0, 60, expression="")]),
    ],
)
def test_a_write_that_gives_more_anywhere_does_not_narrow(add: list[Binding], remove: list[Binding]) -> None:
    assert not narrows(add=add, remove=remove)


@pytest.mark.parametrize(
    ("add", "remove"),
    [
        ([], []),
        ([], [binding(0, 60)]),
        ([binding(0, 60)], [binding(0, 60)]),
        ([binding(0, 30)], [binding(0, 60)]),
        ([binding(10, 60)], [binding(0, 60), binding(70, 80)]),
        ([binding(0, 10), binding(20, 30)], [binding(0, 60)]),
        ([binding(0, 30, condition=CONDITION)], [binding(0, 60, condition=CONDITION)]),
        ([binding(0, 30)], [binding(0, 60, member="user:Alice@Example.com")]),
    ],
)
def test_a_write_that_only_takes_away_or_shortens_narrows(add: list[Binding], remove: list[Binding]) -> None:
    assert narrows(add=add, remove=remove)


@pytest.mark.parametrize("condition", ["", CONDITION, "true", "a) && (b", 'timestamp("x")'])
def test_a_window_is_read_back_from_what_was_written(condition: str) -> None:
    assert window_of(expression(window(1, 2), condition)) == (window(1, 2), condition)


@pytest.mark.parametrize(
    "text",
    ["", "true", 'request.time < timestamp("2026-11-22T10:00:00Z")', expression(window(0, 1), "") + " || true"],
)
def test_what_we_did_not_write_has_no_window(text: str) -> None:
    assert window_of(text) is None


# --- what is left of what is wanted


def test_a_shorter_binding_takes_the_place_of_a_longer_one() -> None:
    left = narrowed(wanted([binding(0, 30)], ("r-1",)), [binding(0, 60)], {"r-1": window(0, 30)}, ["r-1"])

    assert left == wanted([binding(0, 30)], ("r-1",))


def test_what_is_not_there_yet_is_not_written_and_what_is_there_stays() -> None:
    grants = {"r-1": window(0, 60), "r-2": window(30, 90)}
    left = narrowed(wanted([binding(0, 90)], ("r-1", "r-2")), [binding(0, 60)], grants, ["r-1"])

    assert left == wanted([binding(0, 60)], ("r-1",))
    assert narrowed(wanted([binding(100, 130)], ("r-3",)), [binding(0, 60)], {"r-3": window(100, 130)}, []) == {}
    assert narrowed(wanted([binding(0, 30)], ("r-1",)), [], {"r-1": window(0, 30)}, ["r-1"]) == {}


def test_what_only_waits_keeps_nothing_of_what_ended() -> None:
    waits = wanted([binding(30, 90)], ("r-2",))

    assert narrowed(waits, [binding(0, 60)], {"r-2": window(30, 90)}, []) == {}
    assert narrowed(wanted([binding(0, 90)], ("r-2",)), [binding(30, 60)], {"r-2": window(0, 90)}, []) == {}


def test_what_was_given_keeps_what_of_it_is_there() -> None:
    halves = [binding(0, 30), binding(30, 60)]

    assert narrowed(wanted([binding(0, 60)], ("r-1",)), halves, {"r-1": window(0, 60)}, ["r-1"]) == wanted(halves)


KEYS = [
    ("roles/run.admin", "user:alice@example.com", ""),
    ("roles/run.admin", "user:alice@example.com", CONDITION),
    ("roles/viewer", "user:alice@example.com", ""),
]
windows = st.builds(lambda start, length: (start, start + length), st.integers(0, 20), st.integers(1, 12))
spans = st.lists(st.tuples(st.sampled_from(KEYS), windows), max_size=8)


def bound(key: tuple[str, str, str], start: int, end: int) -> Binding:
    return binding(start, end, role=key[0], member=key[1], condition=key[2])


def all_wanted(grants: list[tuple[tuple[str, str, str], tuple[int, int]]]) -> dict[Mark, Wanted]:
    """What grants call for, key by key, as the planner joins them."""
    found: dict[Mark, Wanted] = {}
    for key in KEYS:
        own = {f"r-{n}": window(*span) for n, (other, span) in enumerate(grants) if other == key}
        for joined in union(own.values()):
            inside = tuple(name for name, each in own.items() if joined.start <= each.start < joined.end)
            first = bound(key, 0, 1)
            one = msgspec.structs.replace(first, expression=expression(joined, key[2]))
            each = Wanted(binding=one, end=joined.end, requests=inside)
            found[each.mark] = each
    return found


def minutes(bindings: Iterable[Binding], key: tuple[str, str, str]) -> set[int]:
    """The minutes in which bindings give access."""
    own = [
        b for b in bindings if (b.role, b.member) == key[:2] and (window_of(b.expression) or ("", ""))[1] == key[2]
    ]
    return {m for b in own for m in range(40) if spoken(b).start <= NOW + timedelta(minutes=m) < spoken(b).end}


Grants = list[tuple[tuple[str, str, str], tuple[int, int]]]


def named(grants: Grants) -> dict[str, Window]:
    return {f"r-{number}": window(*span) for number, (_, span) in enumerate(grants)}


@given(spans, spans, st.sets(st.integers(0, 7)))
def test_what_is_left_is_what_was_given_and_is_there_and_whole_windows_that_are(
    grants: Grants, there: Grants, active: set[int]
) -> None:
    present = {bound(key, *span) for key, span in there}
    given = {f"r-{number}" for number in active}

    left = narrowed(all_wanted(grants), present, named(grants), given)

    kept = [each.binding for each in left.values()]
    for key in KEYS:
        own = [(number, set(range(*span))) for number, (other, span) in enumerate(grants) if other == key]
        single = [minutes([one], key) for one in present]
        whole = {minute for _, asked in own for minute in asked if any(asked <= one for one in single)}
        parts = {minute for number, asked in own for minute in asked & minutes(present, key) if number in active}
        assert minutes(kept, key) == whole | parts
    for each in left.values():
        key = grants[int(each.requests[0].removeprefix("r-"))][0] if each.requests else KEYS[0]
        for request in each.requests:
            other, span = grants[int(request.removeprefix("r-"))]
            assert other == key
            assert set(range(*span)) <= minutes([each.binding], key)


@given(spans, spans, st.sets(st.integers(0, 7)))
def test_the_write_that_makes_it_so_narrows(grants: Grants, there: Grants, active: set[int]) -> None:
    present = {(b.role, b.expression): b for b in (bound(key, *span) for key, span in there)}
    given = {f"r-{number}" for number in active}
    left = narrowed(all_wanted(grants), present.values(), named(grants), given)
    want = {(b.role, b.expression): b for b in (each.binding for each in left.values())}

    add = [one for name, one in want.items() if name not in present]
    remove = [one for name, one in present.items() if name not in want]

    assert narrows(add=add, remove=remove)


@given(spans)
def test_where_all_that_is_wanted_is_there_nothing_is_left_out(grants: Grants) -> None:
    want = all_wanted(grants)

    left = narrowed(want, [each.binding for each in want.values()], named(grants), ())

    assert left == want
