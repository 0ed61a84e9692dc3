"""Access that a rule of the policy approves: for whom it holds, at the moment, and nobody else."""

import pytest

from approvals.refusals.errors import Unavailable
from tests.support.world import ALICE, BOB, GWEN, World, policy, refused

CALENDAR = "https://oncall.example.com/sre.ics"
SELF = "approval: self"


def auto(rule: str) -> tuple[str, str]:
    return (SELF, f"approval: auto\n    auto: {{{rule}}}")


GROUP = auto('oncall: {group: "group:oncall@example.com"}')
ICAL = auto(f'oncall: {{ical: "{CALENDAR}"}}')
SHORT = auto("when: 'request.duration <= duration(\"30m\")'")
CALLED = "oncall@example.com"


@pytest.mark.parametrize(("rule", "name"), [(GROUP, CALLED), (ICAL, CALENDAR)])
def test_who_is_not_on_call_gets_nothing(world: World, rule: tuple[str, str], name: str) -> None:
    world.policy = policy(rule)
    world.people.groups[name] = {BOB}
    with refused("auto"):
        world.file(ALICE, entitlement="logs")


@pytest.mark.parametrize("rule", [GROUP, ICAL])
def test_what_cannot_be_read_is_no_and_says_so(world: World, rule: tuple[str, str]) -> None:
    world.policy = policy(rule)
    world.people.down = True
    with refused("auto.unknown"):
        world.file(ALICE, entitlement="logs")


@pytest.mark.parametrize(
    "rule",
    [
        auto("when: '!requester.oncall', oncall: {group: \"group:oncall@example.com\"}"),
        auto("when: '!(\"group:away@example.com\" in requester.groups)'"),
    ],
)
def test_a_group_that_is_not_there_lets_nobody_through_by_being_empty(world: World, rule: tuple[str, str]) -> None:
    world.policy = policy(rule)
    with refused("auto.unknown"):
        world.file(ALICE, entitlement="logs")


@pytest.mark.parametrize(("later", "served"), [(30, True), (90, False)])
def test_who_was_on_call_is_so_for_a_minute_without_being_read_again(
    world: World, later: int, served: bool
) -> None:
    world.policy = policy(ICAL)
    world.people.groups[CALENDAR] = {ALICE}
    world.file(ALICE, entitlement="logs")
    world.people.down = True
    world.clock.advance(later)
    if served:
        assert world.file(ALICE, entitlement="logs", key="again").state == "approved"
        return
    with refused("auto.unknown"):
        world.file(ALICE, entitlement="logs", key="again")


def test_a_rule_that_fails_is_no(world: World) -> None:
    zoned = ("version: 1\n", "version: 1\ntimezone: UTC\n")
    world.policy = policy(auto("when: '1 / (request.hour - 10) > 0'"), zoned)
    with refused("auto.error"):
        world.file(ALICE, entitlement="logs")


def test_a_guardrail_wins_over_it(world: World) -> None:
    fence = (
        'guardrails:\n  deny: [{who: [alice@example.com], what: ["projects/*"], reason: Not Alice}]\nidentity:\n'
    )
    world.policy = policy(GROUP, ("identity:\n", fence))
    world.people.groups[CALLED] = {ALICE}
    with refused("guardrail"):
        world.file(ALICE, entitlement="logs")


def test_a_guardrail_whose_group_is_not_there_lets_nobody_through(world: World) -> None:
    denied = 'deny: [{who: ["group:contractors@example.com"], what: ["projects/*"], reason: No contractors}]'
    world.policy = policy(("identity:\n", f"guardrails:\n  {denied}\nidentity:\n"))
    with pytest.raises(Unavailable):
        world.file(ALICE, entitlement="logs")

    world.people.groups["contractors@example.com"] = {BOB}
    world.clock.advance(120)
    assert world.file(ALICE, entitlement="logs").state == "approved"


def test_no_guest_gets_it(world: World) -> None:
    world.policy = policy(GROUP, ("[example.com]", "[example.com]\n  guests: request"))
    world.people.groups[CALLED] = {ALICE}
    world.people.join(ALICE, guest=True)
    with refused("requester.guest"):
        world.file(ALICE, entitlement="logs")


@pytest.mark.parametrize(("rule", "name"), [(GROUP, CALLED), (ICAL, CALENDAR)])
def test_who_is_on_call_gets_it_at_once_and_the_audit_keeps_by_what(
    world: World, rule: tuple[str, str], name: str
) -> None:
    world.policy = policy(rule)
    world.people.groups[name] = {GWEN}
    request = world.file(GWEN, entitlement="logs")
    assert request.state == "approved"
    assert request.decision is not None
    assert request.decision.by == ()
    (approved,) = [each for each in world.store.entries(request.id) if each.action == "request.approved"]
    assert approved.detail["kind"] == "auto"
    assert approved.detail["rule"]["answer"] == "yes"
    assert approved.detail["rule"]["oncall"].endswith(name)
    assert approved.detail["rule"]["when"] == "requester.oncall"


def test_a_rule_without_anybody_on_call_looks_at_the_request(world: World) -> None:
    world.policy = policy(SHORT)
    assert world.file(ALICE, entitlement="logs", minutes=30).state == "approved"
    with refused("auto"):
        world.file(ALICE, entitlement="logs", minutes=31)
