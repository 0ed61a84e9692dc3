"""Reading again and applying again, where somebody else was first."""

from collections.abc import Callable
from typing import TypeVar

from approvals.errors import Conflict

T = TypeVar("T")

ATTEMPTS = 3
"""How often a change is applied while a person waits for it."""


def again(attempt: Callable[[], T], *, otherwise: str, attempts: int = ATTEMPTS) -> T:
    """What an attempt comes to. One that somebody else was ahead of is made anew, from its first read on.

    Raises `Conflict` with the text `otherwise` where somebody else was ahead of each of them.
    """
    for _ in range(attempts):
        try:
            return attempt()
        except Conflict:
            continue
    raise Conflict(otherwise)
