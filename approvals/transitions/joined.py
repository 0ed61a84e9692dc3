"""Two transitions in one transaction."""

from collections.abc import Callable

import msgspec

from approvals.changes import Change
from approvals.requests import Request


def both(first: Change, then: Callable[[Request], Change]) -> Change:
    """Let a second transition follow the first in the same transaction."""
    second = then(first.request)
    return msgspec.structs.replace(
        second,
        request=msgspec.structs.replace(second.request, version=first.request.version),
        entries=first.entries + second.entries,
        review=first.review or second.review,
        marks=first.marks + second.marks,
        unmarks=first.unmarks + second.unmarks,
        guards=first.guards + second.guards,
        seen=first.seen + second.seen,
        wake=tuple(dict.fromkeys(first.wake + second.wake)),
    )
