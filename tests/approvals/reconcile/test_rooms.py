"""Which team's channel gets which card: an entitlement's own, else the policy's, and no other instead."""

from datetime import timedelta

from approvals.ports.messages import ChannelError, ToAccount, ToRoom
from approvals.requests import Request
from tests.support.doubles import ref
from tests.support.world import ALICE, BOB, World, policy

OWN = ("  - id: admin\n", '  - id: admin\n    channel: "#payments"\n    pending: 20m\n')
DIRECT = ('  channel: "#access"\n', "")


def rooms(world: World, request: Request) -> list[object]:
    return [m.notice.to for m in world.room.of(request.id) if m.notice.kind == "card"]


def test_each_card_goes_to_the_channel_of_its_entitlement(world: World) -> None:
    world.policy = policy(OWN)
    own, others = world.file(), world.file(BOB, "pair")
    world.pass_()

    assert rooms(world, own) == [ToRoom("#payments")]
    assert rooms(world, others) == [ToRoom("#access")]
    assert world.policy.channels == ("#access", "#payments")
    assert {turn.to for turn in world.room.turns} <= {ToRoom("#payments"), ToRoom("#access")}


def test_the_channels_of_a_policy_are_all_that_are_told_anything() -> None:
    """By these it is seen before an emergency whether its alarm reaches anybody."""
    told = policy(
        ("version: 1\n", 'version: 1\nsecurity_channel: "#alarm"\n'),
        ('  channel: "#access"\n', '  channel: "#access"\n  escalate: {after: 1h, channel: "#duty"}\n'),
        ("  - id: pair\n", '  - id: pair\n    escalate: {after: 10m, channel: "#data-duty"}\n'),
    )
    assert told.channels == ("#access", "#duty", "#data-duty", "#alarm")


def test_an_entitlement_has_a_channel_where_all_others_go_to_people(world: World) -> None:
    world.policy = policy(OWN, DIRECT)
    own = world.file()
    world.pass_()

    assert rooms(world, own) == [ToRoom("#payments")]


def test_a_channel_that_cannot_be_reached_is_told_to_who_asked_and_no_other_gets_the_card(world: World) -> None:
    world.policy = policy(OWN)
    request = world.file()
    world.room.faults = [ChannelError("there is no such channel")]
    world.pass_()

    assert rooms(world, request) == []
    world.room.faults = [ChannelError("there is no such channel")]
    world.passes(3)
    told = [m.notice for m in world.room.of(request.id) if m.notice.kind == "step"]
    assert [(each.step, each.to) for each in told] == [("unseen", ToAccount(ref(ALICE)))]
    world.passes(600)
    assert rooms(world, request) == [ToRoom("#payments")]


def test_a_request_waits_as_long_as_its_entitlement_says(world: World) -> None:
    world.policy = policy(OWN)
    own, other = world.file(), world.file(BOB, "pair")

    assert own.terms.expires - own.filed == timedelta(minutes=20)
    assert other.terms.expires - other.filed == timedelta(hours=1)
