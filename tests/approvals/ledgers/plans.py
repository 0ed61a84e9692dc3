"""Claims on one resource, and what a read of its policy showed, for tests of what follows from them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from approvals.access.bindings import Mark, Wanted, expression, member, wanted
from approvals.access.claims import Claim
from approvals.grants import Window
from approvals.ledgers.pieces import Piece, pieces
from tests.support.builders import NOW, RESOURCE

INSTANCE = "0123456789"
BLANK = Claim(
    request="r-0000000000",
    person="alice@example.com",
    resource=RESOURCE,
    roles=("roles/run.admin",),
    condition="",
    window=Window(start=NOW, end=NOW + timedelta(hours=1)),
    state="activating",
    generation="g",
    removed=False,
    approvers=("bob@example.com",),
    updated=NOW,
)


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def claim(number: int = 0, *, minutes: tuple[int, int] = (0, 60), **changes: Any) -> Claim:
    """The claim of the request of that number, in a window by minutes after NOW."""
    window = Window(start=after(minutes[0]), end=after(minutes[1]))
    return msgspec.structs.replace(BLANK, request=f"r-{number:010}", window=window, **changes)


def crowd(count: int, **changes: Any) -> list[Claim]:
    """The claims of as many people."""
    return [claim(number, person=f"person{number:03}@example.com", **changes) for number in range(count)]


def mark(who: str = "alice", *, role: str = "roles/run.admin", minutes: tuple[int, int] = (0, 60)) -> Mark:
    text = expression(Window(start=after(minutes[0]), end=after(minutes[1])), "")
    return Mark(role=role, member=member(f"{who}@example.com"), expression=text)


def want(held: Iterable[Claim]) -> dict[Mark, Wanted]:
    return wanted(held, instance=INSTANCE, now=NOW)


def differing(held: Iterable[Claim], *present: Mark) -> tuple[Piece, ...]:
    """What differs where these are present."""
    held = tuple(held)
    return pieces(held, want(held), present)
