"""What may follow what: the states of a request, and those of each of its grants.

Every transition is held against these tables, and the diagram in `docs/architecture.md` is drawn from them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from approvals.grants import GrantState
from approvals.requests import Request, State, settled

REQUEST: Mapping[State, tuple[State, ...]] = {
    "pending": ("approved", "denied", "withdrawn", "expired"),
    "approved": ("used", "lapsed"),
}
"""A request is filed `pending`, and a decision is final. An approved action is used once, or lapses."""

GRANT: Mapping[GrantState, tuple[GrantState, ...]] = {
    "scheduled": ("activating", "ended", "revoked", "failed"),
    "activating": ("active", "ended", "revoked", "failed"),
    "active": ("ended", "revoked"),
}
"""An approval makes each grant `activating`, or `scheduled` where it begins later; it leaves each state once."""

_FIRST: Mapping[GrantState, GrantState] = {"scheduled": "scheduled"}


def require_step(before: Request, after: Request) -> None:
    """Raise `ValueError` unless what a request and its grants become may follow what they are.

    That is a mistake of ours, which must not be kept.
    """
    if before.erased is not None or (after.erased is not None and not settled(after)):
        raise ValueError("texts are erased last of all")
    _require(REQUEST, [(before.state, after.state)])
    if after.action is None and after.state in ("used", "lapsed"):
        raise ValueError("only an action is used")
    if after.action is not None and after.grants:
        raise ValueError("an action has no grant")
    if not before.grants:
        _require({}, ((_FIRST.get(grant.state, "activating"), grant.state) for grant in after.grants))
        return
    if len(before.grants) != len(after.grants):
        raise ValueError("a grant came or went")
    _require(GRANT, ((old.state, new.state) for old, new in zip(before.grants, after.grants, strict=True)))


def _require(table: Mapping[Any, tuple[str, ...]], steps: Iterable[tuple[str, str]]) -> None:
    for before, after in steps:
        if before != after and after not in table.get(before, ()):
            raise ValueError(f"{after} cannot follow {before}")
