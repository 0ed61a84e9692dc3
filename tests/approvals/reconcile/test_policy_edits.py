"""An edit of the policy while requests wait: cards say at once what it means for them, and nothing is lost."""

import pytest

from approvals.ports.messages import Notice, ToRoom
from approvals.requests import Request
from approvals.reviews import Verdict
from approvals.telling.cards import Card
from handlers.slack.cards import message
from tests.support.world import ALICE, BOB, GWEN, World, policy

SIGN = ("needed: 1}", "needed: 1, sign: typed}")
NOBODY = ("requesters: [alice@example.com, bob@example.com, gwen@example.com]", "requesters: [bob@example.com]")
SELF = ('approval:\n      - {approvers: ["group:approvers@example.com"], needed: 1}', "approval: self")
DEVELOPERS = "developers@example.com"


def edit(world: World, *replacements: tuple[str, str]) -> None:
    """Put another policy in force, as the watch of the policy file does."""
    world.policy = policy(*replacements)
    world.reconciler.look_at_waiting()
    world.pass_()


def buttons(notice: Notice, card: Card | None) -> list[str]:
    assert card is not None
    blocks = message(notice, card, buttons=True).blocks
    return [each["action_id"] for block in blocks if block["type"] == "actions" for each in block["elements"]]


def offered(world: World, request: Request) -> list[str]:
    """The buttons of the request's card as it stands."""
    card = world.room.only(request.id, "card")
    return buttons(card.notice, card.drawn)


def test_a_card_offers_the_signature_that_the_policy_has_come_to_demand(world: World) -> None:
    request = world.file()
    world.policy = policy(SIGN)
    case = world.cases.of(request, now=world.clock())
    notice = Notice(key="card", kind="card", to=ToRoom("#access"))

    assert buttons(notice, Card(request=request, tally=case.shown, token="token")) == ["sign", "offer", "deny"]
    signed = world.press(BOB, request, printed_name="Bob Example", meaning="I approve")
    assert signed.request.state == "approved"


def test_a_card_keeps_the_signature_that_was_frozen(world: World) -> None:
    world.policy = policy(SIGN)
    request = world.file()
    edit(world)

    assert offered(world, request) == ["sign", "offer", "deny"]


OTHERS = ('approvers: ["group:approvers@example.com"]', "approvers: [gwen@example.com]")
MORE = ("needed: 1", "needed: 2")


def test_a_card_does_not_promise_access_where_the_policy_has_come_to_ask_others(world: World) -> None:
    request = world.file()
    assert not world.cases.of(request, now=world.clock()).card().may_need_more
    world.policy = policy(OTHERS)

    assert world.cases.of(request, now=world.clock()).card().may_need_more


def test_a_card_counts_by_what_the_policy_has_come_to_demand_more(world: World) -> None:
    request = world.file()
    assert world.cases.of(request, now=world.clock()).card().tally.missing == 1
    world.policy = policy(MORE)

    assert world.cases.of(request, now=world.clock()).card().tally.missing == 2


def test_every_waiting_card_is_drawn_again_at_once(world: World) -> None:
    requests = [world.file(), world.file(BOB), world.file(GWEN)]
    world.pass_()
    assert {tuple(offered(world, request)) for request in requests} == {("approve", "remark", "offer", "deny")}
    edit(world, SIGN)

    assert {tuple(offered(world, request)) for request in requests} == {("sign", "offer", "deny")}


def test_what_is_no_longer_offered_expires_at_once(world: World) -> None:
    gone, stays = world.file(ALICE), world.file(BOB)
    world.pass_()
    edit(world, NOBODY)

    assert (world.read(gone).state, world.read(stays).state) == ("expired", "pending")
    assert offered(world, gone) == []


def test_a_decided_request_is_not_drawn_again(world: World) -> None:
    request = world.granted()
    calls = world.room.calls
    edit(world, SIGN)
    world.reconciler.subject(f"request:{request.id}")

    assert world.room.calls == calls


@pytest.mark.parametrize(("verdict", "state"), [("approve", "approved"), ("deny", "denied")])
def test_where_the_policy_has_come_to_ask_nobody_those_asked_before_decide(
    world: World, verdict: Verdict, state: str
) -> None:
    request = world.file()
    world.pass_()
    edit(world, SELF)
    assert offered(world, request) == ["approve", "remark", "offer", "deny"]

    assert world.press(BOB, request, verdict, comment="seen").request.state == state


def test_a_group_of_requesters_that_is_missing_for_a_while_expires_nothing(world: World) -> None:
    world.policy = policy((NOBODY[0], f'requesters: ["group:{DEVELOPERS}"]'))
    world.people.groups[DEVELOPERS] = {ALICE}
    request = world.file()
    world.pass_()
    members = world.people.groups.pop(DEVELOPERS)
    world.clock.advance(61)
    world.reconciler.look_at_waiting()
    world.pass_()
    assert world.read(request).state == "pending"
    world.people.groups[DEVELOPERS] = members
    world.clock.advance(61)

    assert world.press(BOB, request).request.state == "approved"


def test_an_entitlement_that_is_gone_expires_requests_of_a_group_as_well(world: World) -> None:
    groups = (NOBODY[0], f'requesters: ["group:{DEVELOPERS}"]')
    world.policy = policy(groups)
    world.people.groups[DEVELOPERS] = {ALICE}
    request = world.file()
    edit(world, groups, ("id: admin", "id: renamed"))

    assert world.read(request).state == "expired"


def test_an_edit_while_nobody_can_be_looked_up_counts_once_they_can(world: World) -> None:
    request = world.file()
    world.pass_()
    world.clock.advance(61)
    world.people.down = True
    edit(world, ("id: admin", "id: renamed"))
    assert world.read(request).state == "pending"
    world.people.down = False
    world.passes(61)

    assert world.read(request).state == "expired"
