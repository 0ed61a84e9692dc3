"""Where what an application is told goes: to the address that the policy names by then, and nowhere else."""

import msgspec
import pytest

from approvals.policy.parties import Application
from approvals.refusals.reasons import reason
from approvals.uses.telling import send_again
from tests.support.receivers import HOOK, Receiver, receiving, told, told_at
from tests.support.refunds import OTHER_SHOP, SHOP, Till
from tests.support.world import World


@pytest.fixture
def receiver(world: World) -> Receiver:
    return receiving(world)


@pytest.fixture
def till(world: World, receiver: Receiver) -> Till:
    return told_at(Till(world), HOOK)


def test_a_receiver_that_is_gone_is_called_no_more_and_another_address_is(till: Till, receiver: Receiver) -> None:
    receiver.status = 410
    first, second = till.approved(), till.approved()
    till.swept()
    till.later(5).swept()

    assert len(receiver.came) == 1
    assert [len(told(till, each).dead) for each in (first, second)] == [1, 1]

    receiver.status = 204
    told_at(till, f"{HOOK}/new").approved()
    till.swept()
    assert receiver.called == [HOOK, f"{HOOK}/new"]

    # Whoever comes back to the first address knows it to be there.
    told_at(till, HOOK).approved()
    till.swept()
    assert receiver.called == [HOOK, f"{HOOK}/new", HOOK]


@pytest.mark.parametrize("left", [(OTHER_SHOP,), (SHOP, OTHER_SHOP)], ids=["application", "webhook"])
def test_what_waits_when_its_webhook_or_application_is_taken_out_is_given_up_and_goes_nowhere(
    till: Till, receiver: Receiver, left: tuple[Application, ...]
) -> None:
    receiver.down = True
    request = till.approved()
    till.swept()
    till.ruled(applications={each.id: each for each in left})
    till.later(5).swept()

    assert len(receiver.came) == 1
    (given_up,) = told(till, request).dead
    assert (given_up.state, given_up.why) == ("approved", reason("webhook.nowhere"))


def test_what_waits_goes_to_the_address_that_the_policy_names_by_then(till: Till, receiver: Receiver) -> None:
    receiver.down = True
    till.approved()
    till.swept()
    receiver.down = False
    told_at(till, f"{HOOK}/new").later(5).swept()

    assert receiver.called == [HOOK, f"{HOOK}/new"]


def test_no_application_is_told_of_what_another_asked(till: Till, receiver: Receiver) -> None:
    other = msgspec.structs.replace(OTHER_SHOP, webhook="https://other.example.com/hooks")
    till.ruled(applications={"shop": SHOP, "store": other}).approved()
    till.swept()

    assert not receiver.came


def test_what_is_sent_again_and_has_nowhere_to_go_is_given_up_anew(till: Till, receiver: Receiver) -> None:
    receiver.status = 410
    request = till.approved()
    till.swept()
    told_at(till, "")
    world = till.world
    assert send_again(world.store, request.id, by="os:root", owner="another", now=world.clock())
    till.swept()

    assert len(receiver.came) == 1
    assert [each.state for each in told(till, request).dead] == ["approved"]


def test_what_is_sent_again_goes_out_from_the_first_try_on(till: Till, receiver: Receiver) -> None:
    receiver.status = 410
    request = till.approved()
    till.swept()
    receiver.status = 500
    world = till.world
    assert send_again(world.store, request.id, by="os:root", owner="another", now=world.clock())
    till.swept()
    till.later(5).swept()

    assert receiver.seconds == [0, 0, 5]
    assert {message_id for _, message_id, _ in receiver.came} == {f"msg_{request.id}_approved"}
