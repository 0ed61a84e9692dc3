"""Reading again and applying again, where somebody else was first."""

from collections.abc import Callable
from typing import TypeVar

from approvals.refusals.errors import Conflict

T = TypeVar("T")

ATTEMPTS = 3
"""How often a change is applied while a person waits for it."""


def again(attempt: Callable[[], T], *, changing: str, attempts: int = ATTEMPTS) -> T:
    """What an attempt comes to. One that somebody else was ahead of is made anew, from its first read on.

    Raises `Conflict` where somebody else was ahead of each of them. `changing` says what was fought over.
    """
    for _ in range(attempts):
        try:
            return attempt()
        except Conflict:
            continue
    raise Conflict(f"{changing} changes too fast")
