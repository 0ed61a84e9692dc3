"""A refusal says what to do instead."""

from typing import Any

import pytest

from approvals import transitions
from tests.support.builders import NOW, filed
from tests.support.refusing import refusing
from tests.support.world import ALICE, BOB, GWEN, World, policy

FIRST = '{approvers: ["group:approvers@example.com"], needed: 1}'


def test_who_decides_on_his_own_request_is_told_to_withdraw_it(world: World) -> None:
    request = world.file(BOB)
    with refusing("Somebody else must; you can withdraw it"):
        world.press(BOB, request)


def test_who_is_no_approver_is_told_whom_to_ask(world: World) -> None:
    request = world.file()
    with refusing(r"not an approver of this request\. Ask approvers@example\.com\."):
        world.press(GWEN, request)


def test_every_group_and_person_to_ask_is_named_once(world: World) -> None:
    both = '[{approvers: [dan@example.com]}, {approvers: [dan@example.com, "domain:other.example"]}]'
    world.policy = policy(
        ("domains: [example.com]", "domains: [example.com, other.example]"),
        ("approval: self", f"approval: {both}"),
    )
    request = world.file(ALICE, "logs")
    with refusing(r"Ask dan@example\.com or anyone at other\.example\."):
        world.press(GWEN, request)


def test_who_was_never_to_be_asked_is_told_who_was(world: World) -> None:
    request = world.file()
    world.policy = policy((FIRST, f"{FIRST}\n      - {{approvers: [gwen@example.com]}}"))
    with refusing(r"You cannot approve this request\. Ask approvers@example\.com\."):
        world.press(GWEN, request)


def test_nobody_is_sent_to_approvers_that_there_are_no_more(world: World) -> None:
    request = world.file()
    world.policy = policy(("id: admin", "id: renamed"))
    with refusing("Nobody can decide on this request any more: the policy no longer offers"):
        world.press(BOB, request, "deny")


def test_who_ends_the_access_that_its_holder_gave_himself_is_told_who_can(world: World) -> None:
    request = world.granted(ALICE, "logs")
    with refusing("Only its holder can end this access, and the administrators"):
        world.end(BOB, request)


@pytest.mark.parametrize("who", [ALICE, BOB])
def test_who_ends_what_waits_is_told_to_withdraw_or_deny_it(world: World, who: str) -> None:
    request = world.file()
    with refusing(r"is pending, so it has no access to end\. Withdraw it, or as an approver deny it"):
        world.end(who, request)


def test_who_extends_what_waits_reads_of_extending_and_not_of_an_end(world: World) -> None:
    request = world.file()
    with refusing(r"is pending, so there is nothing to extend yet\. Ask anew for the time that you need\.$"):
        world.extend(ALICE, request)


def test_who_extends_what_was_never_given_is_told_to_ask_anew(world: World) -> None:
    request = world.file()
    world.press(BOB, request, "deny")
    with refusing(r"is denied, so there is nothing to extend\. Ask anew\.$"):
        world.extend(ALICE, request)


@pytest.mark.parametrize("state", ["denied", "withdrawn", "expired"])
def test_who_ends_what_was_never_given_is_told_what_it_is(state: Any) -> None:
    with refusing(f"This request is {state}, so it has no access to end\\.$"):
        transitions.end(filed(state=state).request, by=ALICE, now=NOW)


def test_who_withdraws_the_request_of_another_is_told_that_approvers_deny(world: World) -> None:
    request = world.file()
    with refusing(
        r"Only the person who asked can withdraw this request\. While it waits, an approver can deny it\.$"
    ):
        world.uses.ending.withdraw(world.identity(BOB), request.id, now=world.clock())
