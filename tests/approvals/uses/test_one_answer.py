"""`/jit why`, the card, `policy test`, the forms and the gate say the same of everybody: one computation."""

import pytest

from approvals.policy.evaluate import Ask
from approvals.policy.expecting import Expected
from approvals.policy.fixtures import Fixture, Fixtures, outcome
from approvals.policy.model import Policy
from approvals.refusals.errors import Refused, Unavailable
from approvals.uses.votes import Voted
from tests.approvals.uses.test_rules import with_rule
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy

PEOPLE = (ALICE, BOB, CAROL, DAN, GWEN)
DENIED = (
    "version: 1\n",
    'version: 1\nguardrails: {deny: [{who: [alice@example.com], what: ["*/*"], reason: Never}]}\n',
)
POLICIES: dict[str, Policy] = {
    "plain": policy(),
    "denied": policy(DENIED),
    "at night": with_rule("when", "request.hour < 6"),
    "by day": with_rule("when", "request.hour >= 6"),
    "by a group": with_rule("when", '!("group:approvers@example.com" in requester.groups)'),
    "never so": with_rule("approve_when", 'approver.channel == "web"'),
    "by one alone": with_rule("approve_when", 'approver.principal == "dan@example.com"'),
}


def fixture(world: World, person: str) -> tuple[Fixture, Fixtures]:
    """The same ask as a case of `policy test`."""
    ask = Ask(entitlement="admin", duration=None, justification="INC-42")
    nothing = Expected(refused=None, needs=None, can=None)
    case = Fixture(line=1, ask=ask, who=person, at="", expected=nothing)
    groups = {APPROVERS: frozenset({BOB, CAROL, DAN})}
    return case, Fixtures(policy=world.policy, groups=groups, cases=(case,))


@pytest.mark.parametrize("which", POLICIES)
def test_whether_somebody_may_ask_is_answered_alike(world: World, which: str) -> None:
    world.policy = POLICIES[which]
    for person in PEOPLE:
        by_test = outcome(*fixture(world, person), now=world.clock()).refused
        explained = world.uses.asking.explain(world.identity(person), "admin", now=world.clock())
        # The explanation names no reason for asking, so that check is left out of it.
        by_why = tuple(
            check.reason.code
            for check in explained.evaluation.checks
            if check.reason is not None and check.name != "justification"
        )
        try:
            world.uses.asking.check(world.identity(person), world.ask(), now=world.clock())
            at_the_gate: tuple[str, ...] = ()
            world.file(person)
        except Refused as refusal:
            at_the_gate = tuple(each.code for each in refusal.all)
        assert at_the_gate == by_test == by_why, person


@pytest.mark.parametrize("which", ["plain", "by day", "never so", "by one alone"])
def test_whose_approval_counts_is_answered_alike(world: World, which: str) -> None:
    world.policy = POLICIES[which]
    request = world.file(ALICE)
    named = outcome(*fixture(world, ALICE), now=world.clock()).can[0]
    for person in PEOPLE:
        listed = request.id in world.waiting_for(person)
        assert _opens(world, person, request.id) == listed, person
        assert listed <= (person in named), person
        assert (person in named) == _approves(world, person), person


def _opens(world: World, person: str, request_id: str) -> bool:
    """The form in which somebody signs opens for exactly those whose approval would count."""
    try:
        return not isinstance(world.look(person, world.store.request(request_id)), Voted)
    except (Refused, Unavailable):
        return False


def _approves(world: World, person: str) -> bool:
    return person in world.people.groups[APPROVERS] and person != ALICE


def test_what_is_unknown_is_unknown_to_all_of_them(world: World) -> None:
    world.policy = POLICIES["by a group"]
    case, fixtures = fixture(world, ALICE)
    empty = Fixtures(policy=world.policy, groups={}, cases=(case,))

    assert outcome(case, empty, now=world.clock()).refused == ("unknown",)
    assert outcome(case, fixtures, now=world.clock()).refused == ()
