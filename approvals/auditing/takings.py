"""Calls that were taken from a window, held against the request whose approval opened that."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from approvals.chains import Bound, Held, Opening, Taken

CLOCKS = timedelta(minutes=1)
"""So much earlier than its approval a call may say that it was filed: two processes have two clocks."""


def faults(chain: str, taken: Taken, opener: Held) -> Iterator[str]:
    """Say in words why this call cannot be one of that window. Nothing: it is.

    `opener` is what the store has of the request that the call names.
    """
    window = f"it was taken from the window of {taken.opener}"
    if opener.opening is not None:
        yield from (f"{window}, {why}" for why in contradictions(chain, taken, opener.opening))
    elif opener.faults:
        yield f"{window}, which {'does not hold' if opener.hashes else 'is not there'}"
    else:
        yield f"{window}, which was approved for no other call"


def contradictions(call: str, taken: Taken, opening: Opening) -> Iterator[str]:
    """The same where the approval of several calls is at hand. Of its counts only that of this number matters."""
    counted = opening.counted.get(taken.number)
    if taken.opened != opening.digest:
        yield "by another digest than it has"
    if taken.number > opening.uses:
        yield f"as call {taken.number} of {opening.uses}"
    elif counted is None:
        yield f"which counts no call {taken.number}"
    elif counted != (call, taken.digest):
        yield f"which counts another one as its call {taken.number}"
    if not opening.since - CLOCKS <= taken.filed < opening.until:
        yield "outside of its time"
    if not _same(taken.bound, opening.bound):
        yield "which is for another agent, person or tool"


def _same(one: Bound, other: Bound) -> bool:
    """As far as both still say it."""
    if one.what and other.what:
        return one == other
    return msgspec.structs.replace(one, what="") == msgspec.structs.replace(other, what="")
