"""Who is told of what happens, beside people and applications: a log, a topic."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from approvals.telling.activations import Activation
from approvals.telling.events import Event


class Announcer(Protocol):
    """One that is told of activations, each at least once."""

    @property
    def name(self) -> str:
        """By which it is remembered what it was told: never another one."""

    def announce(self, activation: Activation, *, timeout: float) -> None:
        """Tell it once, within so many seconds; it may be told again. Raises `Unavailable`."""


class Events(Protocol):
    """Where entries of chains are told, as events."""

    def publish(self, events: Sequence[Event], *, timeout: float) -> None:
        """Tell these within so many seconds; they may be told again.

        Raises `Unavailable`, and anything else where one of them is refused for good: then it is told of none.
        """


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message to a topic: its bytes, and attributes by which receivers choose."""

    data: bytes
    attributes: Mapping[str, str] = {}


class Publish(Protocol):
    """What a topic does with messages."""

    def __call__(self, messages: Sequence[Message], *, timeout: float) -> None:
        """Publish these within so many seconds. Raises `Unavailable`: they may be there all the same.

        Raises `NotTaken` where one of them is refused: then none is there.
        """
