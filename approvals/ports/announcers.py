"""Who is told of activations, beside people and applications: a log, a topic."""

from typing import Protocol

from approvals.activations import Activation


class Announcer(Protocol):
    @property
    def name(self) -> str:
        """By which it is remembered what it was told: never another one."""

    def announce(self, activation: Activation, *, timeout: float) -> None:
        """Tell it once, within so many seconds; it may be told again. Raises `Unavailable`."""
