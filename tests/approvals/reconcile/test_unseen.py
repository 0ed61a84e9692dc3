"""A card that reaches nobody: who asked is told, for nobody else would ask why."""

from approvals.ports.messages import ChannelError, ToAccount
from approvals.refusals.errors import Unavailable
from tests.support.doubles import ref
from tests.support.world import ALICE, World, policy


def test_who_asked_is_told_once_that_no_approver_can_be_reached(world: World) -> None:
    request = world.file()
    world.room.faults = [ChannelError("there is no such channel")]
    world.pass_()
    world.room.faults = [ChannelError("there is no such channel")]
    world.passes(3)
    told = [m.notice for m in world.room.of(request.id) if m.notice.kind == "step"]

    assert [(notice.step, notice.to) for notice in told] == [("unseen", ToAccount(ref(ALICE)))]
    world.passes(600)
    assert len(world.room.of(request.id, "card")) == 1
    assert len(world.room.of(request.id, "step:unseen")) == 1


def test_who_asked_is_told_where_the_policy_leads_to_nobody_at_all(world: World) -> None:
    world.policy = policy(('  channel: "#access"\n', ""))
    request = world.file()
    world.pass_()

    assert [m.notice.key for m in world.room.of(request.id)] == ["status", "step:unseen"]


def test_a_slack_that_does_not_answer_is_no_missing_channel(world: World) -> None:
    request = world.file()
    world.room.faults = [Unavailable("Slack did not answer")]
    world.passes(60)

    assert [m.notice.key for m in world.room.of(request.id)] == ["status", "card"]
