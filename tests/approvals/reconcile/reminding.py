"""What tests of reminders and of escalation share: rules, who was told, and a chat that loses somebody."""

import pytest

from approvals.ports.messages import ChannelError, Notice, Posted, ToPerson
from approvals.refusals.errors import Unavailable
from approvals.telling.cards import Card
from tests.support.world import BOB, CAROL, World

BOTH = (BOB, CAROL)
TOP = "max: 4h}\n"


def rule(text: str, *, pending: str = "12h") -> tuple[str, str]:
    """The policy's rule for reminders, and time enough to see them."""
    return TOP, f"{TOP}  remind: {text}\n  email: never\n  pending: {pending}\n"


def escalate(text: str) -> tuple[str, str]:
    return TOP, f"{TOP}  escalate: {text}\n  email: never\n  pending: 12h\n"


def told(world: World, step: str = "remind") -> list[tuple[str, ...]]:
    """The people of each call of a kind, one after the other."""
    return [call.people for call in world.room.turns if call.step == step]


def silence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the directory list nothing for now."""

    def silent(_group: str, *, most: int, timeout: float) -> frozenset[str]:
        raise Unavailable("the directory does not answer")

    monkeypatch.setattr(world.people, "members", silent)


def lose(world: World, person: str) -> None:
    """Let the chat refuse whatever goes to a person."""
    plain = world.room.post

    def refusing(notice: Notice, card: Card, *, timeout: float) -> Posted:
        if notice.to == ToPerson(person):
            raise ChannelError("no such person in Slack")
        return plain(notice, card, timeout=timeout)

    world.room.post = refusing  # type: ignore[method-assign]
