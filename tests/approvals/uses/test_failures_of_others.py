"""How other systems failed at who may decide: by the first group that is not empty, by names that look alike."""

from collections.abc import Callable

import pytest

from approvals.people.memberships import NOTHING_KNOWN
from approvals.people.principals import is_service_account
from approvals.policy.evaluate import Ask, evaluate
from approvals.policy.selectors import answer
from approvals.refusals.errors import Refused
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.support.builders import NOW
from tests.support.world import ALICE, APPROVERS, BOB, GWEN, World, policy, refused

ONE = '- {approvers: ["group:approvers@example.com"], needed: 1}'


def test_whoever_is_the_only_one_of_the_first_group_is_approved_by_the_next(world: World) -> None:
    both = '- {approvers: ["group:first@example.com", "group:approvers@example.com"], needed: 1}'
    world.policy = policy((ONE, both))
    world.people.groups["first@example.com"] = {ALICE}
    request = world.file(ALICE)

    with refused("self.decide"):
        world.press(ALICE, request)
    world.press(BOB, request)

    assert world.read(request).state == "approved"


def test_what_nobody_else_could_ever_approve_is_refused_when_it_is_asked_for() -> None:
    lonely = policy((ONE, f'- {{approvers: ["user:{ALICE}"], needed: 1}}'))
    ask = Ask(entitlement="admin", duration=None, justification="INC-42")

    assert evaluate(lonely, ask, requester=BOB, memberships=NOTHING_KNOWN, begins=NOW).offer().requester == BOB
    with pytest.raises(Refused):
        evaluate(lonely, ask, requester=ALICE, memberships=NOTHING_KNOWN, begins=NOW).offer()


TITLE = "    title: Payments administration\n"
SINCE: dict[str, Callable[[World], object]] = {
    "its reason no longer fits": lambda world: setattr(
        world, "policy", policy((TITLE, f"{TITLE}    justification: {{pattern: 'b/\\d+'}}\n"))
    ),
    "whoever asked may not any more": lambda world: setattr(
        world, "policy", policy(("requesters: [alice@example.com, bob@", "requesters: [bob@"))
    ),
    "whoever presses is no approver any more": lambda world: world.people.groups[APPROVERS].clear(),
}


@pytest.mark.parametrize("what", SINCE)
def test_what_was_in_order_when_it_was_asked_for_is_looked_at_again_at_the_approval(
    world: World, cloud: Google, what: str
) -> None:
    request = world.file(ALICE)
    SINCE[what](world)
    world.clock.advance(61)

    with pytest.raises(Refused):
        world.press(BOB, request)
    world.passes(30)

    assert world.read(request).state != "approved"
    assert world.read(request).reviews == ()
    assert bindings(cloud) == []


LOOK_ALIKES = [
    "eve@notexample.com",
    "eve@example.com.evil.org",
    "eve@sub.example.com",
    "eve@example.co",
    "eve@example.comm",
    "example.com@evil.org",
    "eve@example.com@evil.org",
    "eve%example.com@evil.org",
]


@pytest.mark.parametrize("who", LOOK_ALIKES)
def test_a_domain_is_the_whole_of_what_follows_the_sign(who: str) -> None:
    assert answer(policy(), ("domain:example.com",), who, NOTHING_KNOWN) == "no"


@pytest.mark.parametrize("who", ["eve@notexample.com", "eve@example.com.evil.org", "eve@sub.example.com"])
def test_an_account_of_a_domain_that_looks_alike_neither_asks_nor_decides(world: World, who: str) -> None:
    world.people.join(who)
    world.people.groups[APPROVERS].add(who)
    request = world.file(GWEN)

    with pytest.raises(Refused):
        world.file(who, "logs")
    with pytest.raises(Refused):
        world.press(who, request)

    assert world.read(request) == request


@pytest.mark.parametrize("group", ["approvers@example.com.evil.org", "approver@example.com", "approvers@example"])
def test_a_group_is_its_whole_name(world: World, group: str) -> None:
    world.people.groups[APPROVERS] = {BOB}
    world.people.groups[group] = {GWEN}
    request = world.file(ALICE)

    with refused("not_approver"):
        world.press(GWEN, request)


def test_a_service_account_is_told_by_the_whole_of_its_domain() -> None:
    assert is_service_account("x@p.iam.gserviceaccount.com")
    assert not is_service_account("x@p.iam.gserviceaccount.com.evil.org")
