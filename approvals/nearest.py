"""What somebody may have meant who mistyped a name: one look over thousands of names, cheaply."""

import heapq
from collections.abc import Collection

_SHORTLIST = 30
_PIECES = 16
_MOST = 80  # letters of what was typed

LIKE = 0.6
"""How like two texts must be to be taken for one another, from 0 to 1, as difflib measures it."""

LONG = 0.8
"""The same for names that begin alike and are long: most of two roles of one service is the same."""


def nearest(typed: str, names: Collection[str], *, like: float = LIKE) -> str | None:
    """Return the name that is much like what was typed, or None. Case matters: give both in one case.

    Comparing two texts well costs too much for thousands: only those that share most pieces are compared.
    """
    typed = typed[:_MOST]
    pieces = _pieces(typed)

    def shared(name: str) -> float:
        return sum(map(name.__contains__, pieces)) / (len(name) + len(typed))

    # What the likeness leaves possible of two lengths: 2 * the shorter >= like * both.
    spread = like / (2 - like)
    possible = [name for name in names if spread * len(typed) <= len(name) <= len(typed) / spread]
    from difflib import get_close_matches  # noqa: PLC0415 - most starts meet no slip of the pen

    likely = heapq.nlargest(_SHORTLIST, possible, key=shared)
    return next(iter(get_close_matches(typed, likely, n=1, cutoff=like)), None)


def _pieces(typed: str) -> Collection[str]:
    """Single letters of a short word, for one slip spoils most of its pairs; else pairs, spread over the text."""
    if len(typed) <= 8:
        return set(typed)
    pairs = [typed[at : at + 2] for at in range(len(typed) - 1)]
    return set(pairs[:: -(-len(pairs) // _PIECES)])
