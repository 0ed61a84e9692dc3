from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from approvals.policy.quorum import Pool, assigned, first_unreachable

NAMES = "abcde"


def pool(names: str, needed: int = 1, *, open_: bool = False) -> Pool:
    return Pool(candidates=frozenset(names), needed=needed, open=open_)


def test_nobody_can_fill_a_stage_without_people() -> None:
    assert first_unreachable([pool("")], excluded=()) == 0


def test_the_excluded_fill_no_place() -> None:
    assert first_unreachable([pool("a")], excluded={"a"}) == 0
    assert first_unreachable([pool("ab"), pool("b")], excluded={"a"}) == 1


def test_one_person_fills_one_place_over_all_stages() -> None:
    assert first_unreachable([pool("a"), pool("a")], excluded=()) == 1
    assert first_unreachable([pool("ab", 2), pool("ab")], excluded=()) == 1


def test_people_move_to_where_they_are_needed() -> None:
    assert first_unreachable([pool("abc"), pool("ab"), pool("a")], excluded=()) is None
    assert first_unreachable([pool("ab"), pool("ac"), pool("a")], excluded=()) is None


def test_an_enormous_need_is_refused_at_once() -> None:
    assert first_unreachable([pool("abc", 999_999_999)], excluded=()) == 0


def test_an_open_pool_has_enough_people() -> None:
    assert first_unreachable([pool("", 9, open_=True)], excluded=()) is None
    assert first_unreachable([pool("a", open_=True), pool("a")], excluded=()) is None


def test_hundreds_of_people_are_matched_fast() -> None:
    names = frozenset(f"p{number:03}" for number in range(300))
    stages = [Pool(candidates=names, needed=100) for _ in range(3)]
    assert first_unreachable(stages, excluded=()) is None
    assert first_unreachable(stages, excluded={"p000"}) == 2


def by_trying(stages: list[Pool], excluded: set[str]) -> int | None:
    """The same answer by trying every order of people on the places."""
    people = [name for name in NAMES if name not in excluded]
    for count in range(1, len(stages) + 1):
        places = [index for index in range(count) if not stages[index].open for _ in range(stages[index].needed)]
        if len(places) > len(people):
            return count - 1
        fits = any(
            all(person in stages[index].candidates for person, index in zip(order, places, strict=True))
            for order in permutations(people, len(places))
        )
        if not fits:
            return count - 1
    return None


pool_of = st.builds(
    Pool,
    candidates=st.frozensets(st.sampled_from(NAMES)),
    needed=st.integers(min_value=1, max_value=3),
    open=st.integers(min_value=0, max_value=4).map(lambda drawn: drawn == 0),
)


@given(st.lists(pool_of, max_size=4), st.sets(st.sampled_from(NAMES), max_size=2))
def test_matching_agrees_with_trying_everything(stages: list[Pool], excluded: set[str]) -> None:
    assert first_unreachable(stages, excluded=excluded) == by_trying(stages, excluded)


@given(st.lists(st.sampled_from(NAMES), max_size=6), st.integers(min_value=1, max_value=4))
def test_the_only_stage_is_filled_as_it_is_beside_one_that_asks_for_nobody(able: list[str], needed: int) -> None:
    alone = assigned([able], [needed])
    beside = assigned([able, []], [needed, 1])

    assert alone == beside[:1]
    assert len(alone[0]) == min(needed, len(set(able)))
