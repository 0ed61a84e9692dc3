"""Who is to blame for a write that Google refused: a game against a Google that refuses what a test says."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec
import pytest

from approvals.ledgers.pieces import Piece
from approvals.ledgers.trials import Batch, Trial, accepted, next_batch, refused
from tests.approvals.ledgers.plans import claim, crowd, differing, mark

Refuses = Callable[[Batch], bool]


class Game(NamedTuple):
    """Each write by the requests that it was for (and `-` for what it took away), and what came of the pieces."""

    writes: list[tuple[str, ...]]
    blamed: list[Piece]
    resource: bool
    left: list[Piece]


def play(some: Sequence[Piece], refuses: Refuses, *, arrive: dict[int, Sequence[Piece]] | None = None) -> Game:
    """Write until nothing is left. What is blamed is taken out of the game; `arrive` comes before that write."""
    trial: Trial | None = None
    left = list(some)
    writes: list[tuple[str, ...]] = []
    blamed: list[Piece] = []
    for number in range(2000):
        left += (arrive or {}).get(number, ())
        # It lies in a ledger between two writes.
        trial = msgspec.json.decode(msgspec.json.encode(trial), type=Trial | None)
        now = next_batch(trial, left)
        if now is None:
            return Game(writes, blamed, resource=False, left=left)
        writes.append(tuple(sorted(_names(now.pieces))))
        if not refuses(now):
            trial = accepted(now)
            left = [piece for piece in left if piece not in now.pieces]
            continue
        trial, guilty = refused(now)
        if guilty is not None:
            blamed.append(guilty)
            left.remove(guilty)
        elif trial is None:
            return Game(writes, blamed, resource=True, left=left)
    raise AssertionError("this has no end")


def _names(some: Iterable[Piece]) -> Iterable[str]:
    for piece in some:
        yield from piece.requests or ("-",)


def holding(*requests: str) -> Refuses:
    """Google refuses whatever has a part for one of these requests."""
    return lambda now: any(piece.requests & {*requests} for piece in now.pieces)


def everything(_: Batch) -> bool:
    return True


def ids(*numbers: int) -> list[str]:
    return [f"r-{number:010}" for number in numbers]


GONE = mark("gone")


def test_what_google_takes_is_one_write() -> None:
    game = play(differing(crowd(200), GONE), holding())

    assert (len(game.writes), game.blamed, game.left) == (1, [], [])


def test_nobody_is_blamed_where_google_refuses_a_write_that_adds_nothing() -> None:
    game = play(differing(crowd(5)), everything)

    assert (game.writes[1:], game.blamed, game.resource) == ([()], [], True)
    assert len(game.left) == 5


def test_one_that_stands_alone_is_blamed_only_after_a_write_that_adds_nothing() -> None:
    (bad,) = ids(0)
    game = play(differing(crowd(1)), holding(bad))

    assert game.writes == [(bad,), (), (bad,)]
    assert [piece.requests for piece in game.blamed] == [{bad}]


def test_what_takes_away_goes_first_and_alone() -> None:
    (bad,) = ids(1)
    game = play(differing(crowd(2), GONE), holding(bad))

    (good,) = ids(0)
    assert game.writes == [("-", good, bad), ("-",), (good,), (bad,)]
    assert [piece.requests for piece in game.blamed] == [{bad}]


@pytest.mark.parametrize("guilty", [[0], [63], [199], [0, 199], [17, 18, 101], [*range(0, 200, 20)]])
def test_only_the_guilty_are_blamed_and_all_others_are_written(guilty: list[int]) -> None:
    game = play(differing(crowd(200), GONE), holding(*ids(*guilty)))

    assert sorted(piece.requests for piece in game.blamed) == sorted({name} for name in ids(*guilty))
    assert (game.left, game.resource) == ([], False)
    # Each of the guilty costs two writes at each halving of two hundred at most.
    assert len(game.writes) <= 2 + 2 * 8 * len(guilty)


def test_a_role_that_google_refuses_to_many_costs_little_more_than_them() -> None:
    """The documented condition on the service's own role leaves out a role: all who asked for it are refused."""
    barred = [msgspec.structs.replace(each, roles=("roles/barred",)) for each in crowd(200)[150:]]
    game = play(differing([*crowd(150), *barred]), lambda now: "roles/barred" in _roles(now))

    assert len(game.blamed) == len(barred)
    assert len(game.writes) <= 2 * len(barred) + 2 * 8
    assert game.left == []


def test_a_removal_that_google_refuses_is_blamed_alone_and_proves_nothing() -> None:
    bound = (mark("gone"), mark("went"))
    game = play(differing(crowd(2), *bound), lambda now: any(mark("went") in piece.remove for piece in now.pieces))

    assert [piece.remove for piece in game.blamed] == [(mark("went"),)]
    assert (game.left, game.resource) == ([], False)


def test_where_only_removals_are_refused_what_adds_is_written_after_a_proof() -> None:
    game = play(differing(crowd(2), GONE), lambda now: any(piece.remove for piece in now.pieces))

    assert [piece.remove for piece in game.blamed] == [(GONE,)]
    assert () in game.writes
    assert game.left == []


def test_a_removal_that_comes_due_in_the_middle_is_written_next() -> None:
    (late,) = differing([], mark("late"))
    game = play(differing(crowd(8)), holding(*ids(5)), arrive={3: [late]})

    assert game.writes[3] == ("-",)
    assert [piece.requests for piece in game.blamed] == [set(ids(5))]
    assert game.left == []


def test_what_is_asked_in_the_middle_is_written_in_the_end() -> None:
    more = differing([claim(77, person="gwen@example.com")])
    game = play(differing(crowd(8)), holding(*ids(5)), arrive={3: more})

    assert game.left == []
    assert [piece.requests for piece in game.blamed] == [set(ids(5))]


def test_what_gets_a_shorter_window_goes_before_what_gives_somebody_more() -> None:
    """One of two overlapping grants was ended: that is urgent, though it puts something in."""
    ended = claim(300, person="zoe@example.com", state="ended", minutes=(0, 90))
    kept = claim(301, person="zoe@example.com", state="active")
    longer, gone = mark("zoe", minutes=(0, 90)), mark("gone")
    game = play(differing([*crowd(8), ended, kept], longer, gone), holding(*ids(5)))

    assert game.writes[1:3] == [("-",), (kept.request,)]
    assert [piece.requests for piece in game.blamed] == [set(ids(5))]
    assert game.left == []


def test_what_only_takes_away_since_its_grants_ended_waits_no_longer_among_what_gives() -> None:
    """The trial has it among the last; then both grants that shared the binding end."""
    first, second = claim(900, person="zoe@example.com"), claim(901, person="zoe@example.com", minutes=(30, 90))
    before = differing([*crowd(8), msgspec.structs.replace(first, state="active"), second], mark("zoe"))
    trial, _ = refused(Batch(pieces=before))
    ended = [msgspec.structs.replace(each, state="ended") for each in (first, second)]
    now = next_batch(trial, differing([*crowd(8), *ended], mark("zoe")))

    assert now is not None
    assert [piece.remove for piece in now.pieces] == [(mark("zoe"),)]


def test_a_bundle_stands_or_falls_together() -> None:
    bundle = claim(9, person="gwen@example.com", roles=("roles/a", "roles/b"))
    game = play(differing([*crowd(3), bundle]), lambda now: "roles/b" in _roles(now))

    assert [[each.binding.role for each in piece.add] for piece in game.blamed] == [["roles/a", "roles/b"]]
    assert game.left == []


def _roles(now: Batch) -> set[str]:
    return {each.binding.role for piece in now.pieces for each in piece.add}
