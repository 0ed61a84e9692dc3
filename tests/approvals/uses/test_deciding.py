"""Reviews that count towards a decision, and those that no longer do."""

import pytest

from approvals.uses.votes import Press
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy, refused


def test_two_people_approve_what_needs_two(world: World) -> None:
    request = world.file(GWEN, "pair")
    assert world.press(BOB, request).request.state == "pending"
    decided = world.press(CAROL, request).request

    assert decided.state == "approved"
    assert decided.decision is not None
    assert decided.decision.by == (BOB, CAROL)


def test_one_person_counts_once_through_two_cards(world: World) -> None:
    request = world.file(GWEN, "pair")
    first, second = (
        Press(token=world.tokens.mint(request, act="review", now=world.clock()), verdict="approve")
        for _ in range(2)
    )
    world.uses.deciding.review(world.identity(BOB), first, now=world.clock())
    again = world.uses.deciding.review(world.identity(BOB), second, now=world.clock())

    assert (again.repeated, again.verdict, again.request.state) == (True, "approve", "pending")
    assert len(world.read(request).reviews) == 1


def test_a_second_press_shows_the_vote_that_stands(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    world.press(CAROL, request)
    again = world.press(BOB, world.read(request), "deny")

    assert (again.repeated, again.verdict) == (True, "approve")
    assert world.read(request).state == "approved"


def test_a_denial_on_a_card_from_before_ones_own_approval_is_refused(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)

    with refused("older_card"):
        world.press(BOB, request, "deny")
    assert world.read(request).state == "pending"


def test_one_person_counts_once_under_two_addresses(world: World) -> None:
    world.policy = policy(("alice@example.com: [a.smith@example.com]", "bob@example.com: [b@example.com]"))
    world.people.groups[APPROVERS].add("b@example.com")
    world.people.join("b@example.com")
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    again = world.press("b@example.com", request)

    assert again.repeated
    assert again.request.state == "pending"


def test_who_left_the_group_between_two_approvals_no_longer_counts(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    world.people.groups[APPROVERS].discard(BOB)
    world.clock.advance(61)
    reviewed = world.press(CAROL, request)

    assert reviewed.request.state == "pending"
    assert world.press(DAN, request).request.decision is not None
    decision = world.read(request).decision
    assert decision is not None
    assert decision.by == (CAROL, DAN)


@pytest.mark.parametrize(
    "changes",
    [{"active": False}, {"guest": True}, {"team": "T0FOREIGN"}, {"email_confirmed": False}, {"bot": True}],
)
def test_an_account_that_no_longer_counts_takes_its_vote_along(world: World, changes: dict[str, object]) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    world.people.join(BOB, **changes)
    world.clock.advance(61)

    assert world.press(CAROL, request).request.state == "pending"


def test_an_account_that_belongs_to_somebody_else_now_takes_its_vote_along(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    world.people.join(BOB, email=DAN)
    world.clock.advance(61)

    assert world.press(CAROL, request).request.state == "pending"


def test_a_requester_who_may_no_longer_ask_gets_nothing(world: World) -> None:
    request = world.file()
    world.people.join(ALICE, active=False)
    world.clock.advance(61)
    with refused("inactive"):
        world.press(BOB, request)

    assert world.read(request).grant is None


def test_a_policy_that_now_demands_more_keeps_it_pending(world: World) -> None:
    request = world.file()
    world.policy = policy(("needed: 1", "needed: 2"))

    assert world.press(BOB, request).request.state == "pending"
    assert world.press(CAROL, request).request.state == "approved"


def test_a_policy_that_now_names_other_approvers_counts_only_them_and_the_old(world: World) -> None:
    request = world.file()
    world.policy = policy(('"group:approvers@example.com"], needed: 1', f"{GWEN}], needed: 1"))
    with refused("not_approver"):
        world.press(BOB, request)
    reviewed = world.press(GWEN, request)

    assert reviewed.request.state == "pending"
    assert reviewed.request.grant is None


def test_a_policy_that_demands_less_does_not_complete_a_request(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.policy = policy(("needed: 2", "needed: 1"))

    assert world.press(BOB, request).request.state == "pending"


@pytest.mark.parametrize(
    ("replacement", "code"),
    [
        (("id: admin", "id: renamed"), "entitlement"),
        (("roles: [roles/run.admin]", "roles: [roles/run.viewer]"), "terms"),
        (("requesters: [alice@example.com, ", "requesters: ["), "requester"),
    ],
)
def test_what_the_policy_no_longer_offers_cannot_be_approved(
    world: World, replacement: tuple[str, str], code: str
) -> None:
    request = world.file()
    world.policy = policy(replacement)
    with refused(code):
        world.press(BOB, request)

    assert world.read(request).reviews == ()


def test_a_vote_whose_neighbour_cannot_be_checked_is_kept_and_decides_nothing(world: World) -> None:
    request = world.file(GWEN, "pair")
    world.press(BOB, request)
    reviewed = world.press_unchecked(CAROL, request)

    assert reviewed.request.state == "pending"
    assert {review.person for review in world.read(request).reviews} == {BOB, CAROL}


def test_a_denial_is_final_and_keeps_its_reason(world: World) -> None:
    request = world.file()
    denied = world.press(BOB, request, "deny", comment="  not during the freeze ").request

    assert denied.state == "denied"
    assert denied.decision is not None
    assert denied.decision.by == (BOB,)
    assert denied.decision.comment is not None
    assert denied.decision.comment.text == "not during the freeze"
    assert denied.grant is None


def test_typed_words_are_not_in_the_audit_chain(world: World) -> None:
    world.policy = policy(("needed: 1}", "needed: 1, sign: typed}"))
    request = world.file()
    world.press(BOB, request, comment="secret-comment", printed_name="secret-name", meaning="secret-meaning")
    told = repr(world.store.entries(request.id))

    assert "secret" not in told
    assert "INC-42" not in told
