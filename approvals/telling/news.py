"""News: what people are told, once, that belongs to no request."""

from datetime import datetime

import msgspec

from approvals.reviews import Typed

NEWS = "news"
"""The kind of what reconcile works on."""


class Forced(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An operator put a policy in force that nobody accepted. `differences` is all in which it is other, in words.

    `rooms` are told, and `people` where there is none, or one cannot be.
    """

    v: int = 1
    by: str
    why: Typed
    at: datetime
    digest: str
    in_force: str
    source: str
    differences: tuple[str, ...]
    rooms: tuple[str, ...]
    people: tuple[str, ...]


class StandsIn(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Whoever reads it stands in for a person until then, who is away and said so at `at`."""

    person: str
    until: datetime
    at: datetime


class StandsInNoMore(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """They do no more from `at` on, though the time that they were told is not over."""

    person: str
    until: datetime
    at: datetime


News = Forced | StandsIn | StandsInNoMore
"""Whatever is told in this way."""


def subject(source: str, name: str) -> str:
    """What reconcile works on, to tell what is kept under this name."""
    return f"{NEWS}:{source}/{name}"


def named(subject: str) -> tuple[str, str]:
    """The source and the name of such a subject."""
    source, _, name = subject.removeprefix(f"{NEWS}:").partition("/")
    return source, name
