"""What belongs together in a write, and what does not."""

import pytest

from approvals.access.bindings import Mark
from approvals.access.claims import Claim
from tests.approvals.ledgers.plans import claim, crowd, differing, mark

READ, RUN = "roles/storage.objectViewer", "roles/run.admin"


def test_where_all_is_as_it_should_be_there_is_no_piece() -> None:
    assert differing([claim()], mark()) == ()


def test_each_persons_grant_is_a_piece_of_its_own() -> None:
    found = differing(crowd(3))

    assert [[each.requests for each in piece.add] for piece in found] == [
        [("r-0000000000",)],
        [("r-0000000001",)],
        [("r-0000000002",)],
    ]


def test_a_requests_roles_are_one_piece() -> None:
    (piece,) = differing([claim(roles=(RUN, READ))])

    assert sorted(each.binding.role for each in piece.add) == [RUN, READ]


def test_a_requests_roles_are_taken_away_each_by_itself() -> None:
    found = differing([claim(roles=(RUN, READ), state="ended")], mark(), mark(role=READ))

    assert [piece.remove for piece in found] == [(mark(),), (mark(role=READ),)]


def test_the_shorter_windows_of_what_was_made_already_are_each_by_themselves() -> None:
    ended = claim(1, roles=(RUN, READ), minutes=(0, 90), state="ended")
    longer = (mark(minutes=(0, 90)), mark(role=READ, minutes=(0, 90)))
    found = differing([claim(2, roles=(RUN, READ), state="active"), ended], *longer)

    assert sorted(piece.remove for piece in found) == sorted((each,) for each in longer)
    assert all(piece.add for piece in found)


def test_what_a_longer_window_puts_in_and_takes_out_is_one_piece() -> None:
    (piece,) = differing([claim(1), claim(2, minutes=(30, 90))], mark())

    assert [each.mark for each in piece.add] == [mark(minutes=(0, 90))]
    assert piece.remove == (mark(),)


@pytest.mark.parametrize(
    ("held", "present", "gives"),
    [
        ([claim()], [], True),
        ([claim(state="ended")], [mark()], False),
        ([claim(), claim(1, minutes=(30, 90))], [mark()], True),
        ([claim(state="active"), claim(1, minutes=(0, 90), state="ended")], [mark(minutes=(0, 90))], False),
        ([claim(minutes=(0, 60), condition="c")], [mark(minutes=(0, 90))], True),
    ],
    ids=["new", "over", "longer", "shorter", "another condition"],
)
def test_only_a_window_that_is_not_inside_a_replaced_one_gives_more(
    held: list[Claim], present: list[Mark], gives: bool
) -> None:
    assert any(piece.gives for piece in differing(held, *present)) == gives


def test_a_removal_beside_a_requests_new_role_stays_with_it() -> None:
    """A bundle of two roles of which one is to be shortened: all of its keys are one piece."""
    (piece,) = differing([claim(1, state="ended"), claim(2, roles=(RUN, READ), minutes=(0, 30))], mark())

    assert {each.mark for each in piece.add} == {mark(minutes=(0, 30)), mark(role=READ, minutes=(0, 30))}
    assert piece.remove == (mark(),)


def test_the_same_persons_other_request_is_another_piece() -> None:
    assert len(differing([claim(1), claim(2, roles=(READ,))])) == 2


def test_two_requests_that_share_a_role_with_a_third_stand_together() -> None:
    (piece,) = differing([claim(1), claim(2, roles=(READ,)), claim(3, roles=(RUN, READ), minutes=(30, 90))])

    assert piece.requests == {"r-0000000001", "r-0000000002", "r-0000000003"}


def test_what_no_grant_calls_for_is_a_piece_that_only_takes_away() -> None:
    found = differing([claim(1, state="ended"), claim(2, person="gwen@example.com")], mark())

    assert [piece.remove for piece in found if not piece.add] == [(mark(),)]
    assert [piece.remove for piece in found if piece.add] == [()]


def test_a_binding_of_which_no_claim_is_left_is_taken_away() -> None:
    (piece,) = differing([], mark())

    assert (piece.add, piece.remove) == ((), (mark(),))
