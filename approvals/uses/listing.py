"""The list of an application's own requests."""

from collections.abc import Sequence

import msgspec

from approvals.ports.store import Position, Sought, Span
from approvals.requests import Request, State
from approvals.uses.walking import STEP, Walked, stretches

LOOKED = 1000
"""Requests that one page of an application's list is made from, at most."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Some of an application's requests, newest first. Behind `older` there may be more."""

    requests: Sequence[Request]
    older: Position | None = None


def listed(
    store: Walked,
    application: str,
    actions: Sequence[str],
    *,
    state: State | None,
    before: Position | None,
    most: int,
) -> Listed:
    """One application's requests for these actions, newest first."""
    found: list[Request] = []
    looked, last = 0, None
    for stretch in stretches(store, [Sought(entitlements=tuple(actions))], Span(before=before)):
        looked, last = looked + STEP, stretch.last
        found += [each for each in stretch.requests if _is_of(each, application, state)]
        if len(found) > most or looked >= LOOKED:
            break
    if len(found) > most:
        last = Position(found[most - 1].filed, found[most - 1].id)
    return Listed(requests=found[:most], older=last)


def _is_of(request: Request, application: str, state: State | None) -> bool:
    call = request.action
    own = call is not None and call.application == application
    return own and state in (None, request.state)
