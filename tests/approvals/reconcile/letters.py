"""What tests of letters share: pieces of the policy, and what the requester was told."""

from approvals.ports.messages import ChannelError
from approvals.requests import Request
from tests.support.world import World

ONE = '- {approvers: ["group:approvers@example.com"], needed: 1}'
NO_ROOM = ('  channel: "#access"\n', "")
NAMED = (ONE, "- {approvers: [bob@example.com, carol@example.com]}")
GONE = ChannelError("there is no such channel")


def email(rule: str) -> tuple[str, str]:
    """The policy's rule for mail."""
    return ("max: 4h}\n", f"max: 4h}}\n  email: {rule}\n")


def steps(world: World, request: Request) -> list[str]:
    """What the requester was told in the chat, one after the other."""
    return [message.notice.step for message in world.room.of(request.id) if message.notice.kind == "step"]
