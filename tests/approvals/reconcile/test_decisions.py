"""What reconcile decides by itself: late evidence, time, and a policy that changed."""

import pytest

from approvals.refusals.reasons import Reason
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.support.refusing import refusing
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, World, policy


def withheld(world: World) -> None:
    """Let nothing be looked up, and nothing be remembered."""
    world.people.down = True
    world.restart()


def back(world: World) -> None:
    world.people.down = False
    world.restart()


def test_an_approval_that_cannot_be_checked_stays_pending(world: World, cloud: Google) -> None:
    request = world.file("gwen@example.com", "pair")
    world.press(BOB, request)
    world.press_unchecked(CAROL, request)
    world.people.down = True
    world.passes(300)

    assert world.read(request).state == "pending"
    assert [review.person for review in world.read(request).reviews] == [BOB, CAROL]
    assert bindings(cloud) == []


def test_reconcile_approves_once_the_people_can_be_checked(world: World, cloud: Google) -> None:
    request = world.file("gwen@example.com", "pair")
    world.press(BOB, request)
    world.press_unchecked(CAROL, request)
    world.people.down = True
    world.passes(60)
    back(world)
    world.passes(30)

    assert world.state(request) == "active"
    assert len(bindings(cloud)) == 2
    assert world.actions(request).count("request.approved") == 1


def test_reconcile_does_not_approve_with_somebody_who_left_the_group(world: World, cloud: Google) -> None:
    request = world.file("gwen@example.com", "pair")
    world.press(BOB, request)
    world.press_unchecked(CAROL, request)
    world.people.groups[APPROVERS].discard(BOB)
    back(world)
    world.passes(300)

    assert world.read(request).state == "pending"
    assert bindings(cloud) == []


def test_nobody_decides_in_time(world: World) -> None:
    request = world.file()
    world.passes(3599)
    assert world.read(request).state == "pending"
    world.passes(1)

    decided = world.read(request)
    assert (decided.state, decided.grant) == ("expired", None)
    assert decided.decision is not None
    assert (decided.decision.by, decided.decision.reason) == ((), "time")


def test_time_is_up_even_when_nobody_can_be_checked(world: World) -> None:
    request = world.file()
    withheld(world)
    world.passes(3601)

    assert world.read(request).state == "expired"


@pytest.mark.parametrize(
    "replacement",
    [
        ("id: admin", "id: other"),
        ("roles: [roles/run.admin]", "roles: [roles/run.viewer]"),
        (
            "resource: projects/payments-prod\n    roles: [roles/run.admin]",
            "resource: projects/payments-test\n    roles: [roles/run.admin]",
        ),
        ("requesters: [alice@example.com, bob@example.com", "requesters: [bob@example.com"),
        ("max: 4h", "max: 59m"),
    ],
)
def test_a_request_that_the_policy_no_longer_offers_expires(world: World, replacement: tuple[str, str]) -> None:
    request = world.file()
    replacements = [replacement, ("default: 1h", "default: 30m")] if "59m" in replacement[1] else [replacement]
    world.policy = policy(*replacements)
    world.store.wake(f"request:{request.id}", due=world.clock())
    world.pass_()

    decided = world.read(request)
    assert decided.state == "expired"
    assert decided.decision is not None
    assert isinstance(decided.decision.reason, Reason)
    assert decided.decision.reason.kind in {"entitlement", "terms", "requester", "duration"}
    assert world.store.held(request.id).faults == ()


def test_a_request_of_a_deactivated_account_is_never_approved_and_expires_with_its_time(world: World) -> None:
    request = world.file()
    world.people.join(ALICE, active=False)
    world.clock.advance(61)
    with refusing("deactivated"):
        world.press(BOB, request)
    world.store.wake(f"request:{request.id}", due=world.clock())
    world.pass_()
    assert world.read(request).state == "pending"

    world.passes(3600)
    assert world.read(request).state == "expired"


def test_a_policy_that_asks_for_less_does_not_complete_what_was_frozen(world: World) -> None:
    request = world.file("gwen@example.com", "pair")
    world.press(BOB, request)
    world.policy = policy(("needed: 2", "needed: 1"))
    world.passes(300)
    assert world.read(request).state == "pending"
    world.press(CAROL, request)

    assert world.read(request).state == "approved"


def test_a_policy_that_says_self_does_not_complete_what_was_frozen(world: World) -> None:
    request = world.file()
    world.policy = policy(
        ('approval:\n      - {approvers: ["group:approvers@example.com"], needed: 1}', "approval: self")
    )
    world.passes(300)

    assert world.read(request).state == "pending"


def test_a_broken_subject_does_not_stop_the_others(world: World, cloud: Google) -> None:
    bad, good = world.file(), world.file("bob@example.com")
    lease = world.store.lease(f"request:{bad.id}", owner="x", now=world.clock(), until=world.clock())
    assert lease is not None
    broken = world.store.save(lease, b"this is no record")
    world.store.release(broken, due=world.clock())
    world.store.wake("unheard-of:thing", due=world.clock())
    world.press(CAROL, good)
    world.pass_()

    assert world.state(good) == "active"
    assert world.room.of(bad.id) == []
    assert len(bindings(cloud)) == 1
    world.clock.advance(31)
    assert f"request:{bad.id}" in world.reconciler.due()


def test_a_subject_that_another_process_works_on_is_left_to_it(world: World) -> None:
    request = world.file()
    subject = f"request:{request.id}"
    until = world.clock().replace(hour=10, minute=1)
    held = world.store.lease(subject, owner="another", now=world.clock(), until=until)
    assert held is not None
    world.reconciler.subject(subject)
    assert world.room.calls == 0
    world.clock.advance(61)
    world.pass_()

    assert len(world.room.of(request.id, "card")) == 1
