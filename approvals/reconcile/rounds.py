"""What is kept of reminders and of escalation: who was told, when and how. Kept before it is sent."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

EVERYBODY = ""
"""Stands for all whose turn it is where they are too many to be named: the thread alone is told."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One reminder: whom it goes to by the chat, and whom by mail."""

    at: datetime
    chat: tuple[str, ...] = ()
    mailed: tuple[str, ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        return (*self.chat, *self.mailed)


class Reminded(msgspec.Struct, frozen=True, kw_only=True):
    """The reminders of one stage: who is to be reminded, and the name of each one's time zone where it is known.

    `again`: the directory did not answer, and is asked again then.
    """

    people: tuple[str, ...] = ()
    zones: Mapping[str, str] = {}
    rounds: tuple[Round, ...] = ()
    again: datetime | None = None


class Escalated(msgspec.Struct, frozen=True, kw_only=True):
    """Who else was told that nobody has decided: the room, and people. `able` are those who may approve.

    `again`: the directory did not answer, and is asked for the others then.
    """

    at: datetime
    room: str = ""
    people: tuple[str, ...] = ()
    able: tuple[str, ...] = ()
    again: datetime | None = None
