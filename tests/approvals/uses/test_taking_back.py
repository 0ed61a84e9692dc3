"""An approval taken back by the one who gave it: what is refused, what revives nothing, and what counts then."""

import pytest

from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.uses.votes import Press, Voted
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy, refused


def press_on(world: World, request: Request) -> Press:
    """A press of Approve on a card as it is drawn now."""
    token = world.tokens.mint(world.read(request), act="review", now=world.clock())
    return Press(token=token, verdict="approve")


def review(world: World, person: str, press: Press) -> Voted:
    return world.uses.deciding.review(world.identity(person), press, now=world.clock())


def take_back(world: World, person: str, request: Request) -> Voted:
    return world.uses.deciding.take_back(world.identity(person), request.id, now=world.clock())


def sign(world: World, person: str, request: Request) -> Voted:
    return world.press(person, request, printed_name="A name", meaning="I approve")


def standing(world: World, request: Request) -> list[str]:
    """Who stands for this request now, by the tally that the card shows."""
    case = world.cases.of(world.read(request), now=world.clock())
    return [person for stage in case.shown.stages for person in stage.counted]


def test_nobody_takes_back_what_somebody_else_gave(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)

    with refused("no_vote"):
        take_back(world, CAROL, request)
    assert standing(world, request) == [BOB]


@pytest.mark.parametrize("person", [ALICE, GWEN])
def test_who_never_approved_has_nothing_to_take_back(world: World, person: str) -> None:
    request = world.file(GWEN, "pair")

    with refused("no_vote"):
        take_back(world, person, request)
    assert world.actions(request) == ["request.filed"]


def test_what_is_decided_stays_decided(world: World) -> None:
    request = world.file()
    world.press(BOB, request)

    with refused("decided"):
        take_back(world, BOB, request)
    assert world.read(request).state == "approved"


def test_nobody_takes_back_after_the_time_to_decide(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    world.clock.now = request.terms.expires

    with refused("expired"):
        take_back(world, BOB, request)


def test_an_approval_that_was_taken_back_counts_no_more(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    taken = take_back(world, BOB, request)

    assert (taken.repeated, taken.verdict) == (False, "take_back")
    assert standing(world, request) == []
    assert world.press(CAROL, request).request.state == "pending"
    assert world.read(request).grant is None


def test_the_audit_has_an_action_of_its_own_and_the_number_of_each_vote(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    take_back(world, BOB, request)
    review(world, BOB, press_on(world, request))

    votes = [entry for entry in world.store.entries(request.id) if entry.action.startswith("review.")]
    assert [(entry.actor, entry.action, entry.detail["number"]) for entry in votes] == [
        (BOB, "review.approve", 1),
        (BOB, "review.take_back", 2),
        (BOB, "review.approve", 3),
    ]


def test_a_late_duplicate_of_the_old_press_revives_nothing(world: World) -> None:
    request = world.file(GWEN, "pair")
    old, older_card = press_on(world, request), press_on(world, request)
    review(world, BOB, old)
    take_back(world, BOB, request)

    for press in (old, older_card):
        with refused("older_card"):
            review(world, BOB, press)
    assert standing(world, request) == []


def test_a_late_duplicate_of_a_taking_back_takes_no_later_vote_back(world: World) -> None:
    request = world.file(GWEN, "pair")
    review(world, BOB, press_on(world, request))
    taking = Press(token=press_on(world, request).token, verdict="take_back")
    review(world, BOB, taking)
    review(world, BOB, press_on(world, request))

    with refused("older_card"):
        review(world, BOB, taking)
    assert standing(world, request) == [BOB]


def test_a_form_of_an_older_card_opens_no_more(world: World) -> None:
    request = world.file(GWEN, "pair")
    old = press_on(world, request)
    review(world, BOB, old)
    take_back(world, BOB, request)

    with refused("older_card"):
        world.uses.deciding.look(world.identity(BOB), old, now=world.clock())


def test_the_card_as_it_is_drawn_in_the_same_second_lets_one_approve_again(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    take_back(world, BOB, request)
    again = review(world, BOB, press_on(world, request))

    assert (again.repeated, again.verdict) == (False, "approve")
    assert world.press(CAROL, request).request.state == "approved"


def test_the_same_card_serves_somebody_else_who_has_not_voted(world: World) -> None:
    request = world.file(GWEN, "pair")
    card = press_on(world, request)
    review(world, BOB, card)
    take_back(world, BOB, request)

    assert not review(world, CAROL, card).repeated


def test_whoever_takes_back_twice_hears_that_it_is_done(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    take_back(world, BOB, request)
    again = take_back(world, BOB, request)

    assert (again.repeated, again.verdict) == (True, "take_back")
    assert len(world.read(request).reviews) == 2


def test_one_person_votes_five_times_at_most_and_the_last_stands(world: World) -> None:
    request = world.file(GWEN, "pair")
    for _ in range(2):
        review(world, BOB, press_on(world, request))
        take_back(world, BOB, request)
    review(world, BOB, press_on(world, request))

    with refused("votes"):
        take_back(world, BOB, request)
    with refused("votes"):
        world.press(BOB, world.read(request), "deny")
    assert standing(world, request) == [BOB]
    assert [vote.number for vote in world.read(request).reviews] == [1, 2, 3, 4, 5]


def test_denying_after_approving_denies(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    denied = world.press(BOB, world.read(request), "deny", comment="the wrong project")

    assert (denied.repeated, denied.request.state) == (False, "denied")
    assert [(vote.verdict, vote.number) for vote in denied.request.reviews] == [("approve", 1), ("deny", 2)]


def test_who_left_the_approvers_can_still_take_back(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    world.people.groups[APPROVERS].discard(BOB)
    world.clock.advance(61)

    assert take_back(world, BOB, request).verdict == "take_back"


def test_an_approval_is_taken_back_under_a_newer_alias_as_well(world: World) -> None:
    world.people.groups[APPROVERS].add("b@example.com")
    world.people.join("b@example.com")
    request = world.file(GWEN, "pair")
    world.press("b@example.com", request)
    world.policy = policy(("alice@example.com: [a.smith@example.com]", "bob@example.com: [b@example.com]"))
    take_back(world, BOB, request)

    assert standing(world, request) == []
    assert world.press(CAROL, request).request.state == "pending"


def test_taking_back_lets_another_step_in(world: World) -> None:
    world.policy = policy(("needed: 2", "needed: 2, sign: typed"))
    request = world.file(GWEN, "pair")
    sign(world, BOB, request)
    take_back(world, BOB, request)
    sign(world, CAROL, request)

    assert sign(world, DAN, request).request.state == "approved"


def test_what_waits_for_somebody_lists_again_what_they_took_back(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    bob = world.identity(BOB)
    assert world.uses.looking.pending(bob, now=world.clock()).requests == []
    take_back(world, BOB, request)

    assert [each.id for each in world.uses.looking.pending(bob, now=world.clock()).requests] == [request.id]


def test_a_vote_of_an_account_that_is_gone_does_not_come_back_with_it(world: World) -> None:
    """The account that took it back is gone; the one that approved still stands."""
    world.people.groups[APPROVERS].add("b@example.com")
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    second = world.people.join("b@example.com", email=BOB)
    world.uses.deciding.take_back(world.identity("b@example.com"), request.id, now=world.clock())
    world.people.join("b@example.com", email=BOB, active=False)
    world.clock.advance(61)

    assert world.read(request).reviews[-1].account == second
    assert standing(world, request) == []
    assert world.press(CAROL, request).request.state == "pending"


def test_the_card_is_drawn_anew_for_who_took_an_approval_back_and_the_requester_is_told(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.pass_()
    old = world.room.only(request.id, "card").token
    bob = world.identity(BOB)
    world.uses.deciding.review(bob, Press(token=old, verdict="approve"), now=world.clock())
    world.uses.deciding.take_back(bob, request.id, now=world.clock())
    with pytest.raises(Refused):
        world.uses.deciding.review(bob, Press(token=old, verdict="approve"), now=world.clock())
    world.pass_()

    new = world.room.only(request.id, "card").token
    assert not world.uses.deciding.review(bob, Press(token=new, verdict="approve"), now=world.clock()).repeated
    world.press(CAROL, request)
    world.pass_()
    steps = [message.notice.step for message in world.room.of(request.id) if message.notice.kind == "step"]
    assert steps == ["progress:1", "taken:1", "progress:2", "active"]
