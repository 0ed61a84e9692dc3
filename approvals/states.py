"""What may follow what: the states of a request, and those of each of its grants.

Every transition is held against these tables, and the diagram in `docs/architecture.md` is drawn from them.
"""

from collections.abc import Iterable

import msgspec

from approvals.requests import Request


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One state may follow another; `said` is when, in the words of the diagram."""

    before: str
    after: str
    said: str = ""


REQUEST = (
    Step(before="pending", after="approved", said="every requirement met"),
    Step(before="pending", after="denied"),
    Step(before="pending", after="withdrawn"),
    Step(before="pending", after="expired", said="not decided in time, or not offered any more"),
)
"""A request is filed `pending`, and a decision is final."""

GRANT = (
    Step(before="activating", after="active", said="read back"),
    Step(before="activating", after="ended", said="its holder ended it"),
    Step(before="activating", after="revoked", said="by others, or with its bundle"),
    Step(before="activating", after="failed", said="refused for good, or too late"),
    Step(before="active", after="ended", said="its time, or its holder"),
    Step(before="active", after="revoked", said="by others, outside, or with its bundle"),
)
"""An approval makes each grant `activating`; it leaves that and `active` once."""

_REQUEST = frozenset((step.before, step.after) for step in REQUEST)
_GRANT = frozenset((step.before, step.after) for step in GRANT)


class Impassable(Exception):
    """No table knows this step: a mistake of ours, which must not be kept."""


def require_step(before: Request, after: Request) -> None:
    """Raise `Impassable` unless what a request and its grants become may follow what they are."""
    _require(_REQUEST, [(before.state, after.state)])
    if not before.grants:
        _require(frozenset(), (("activating", grant.state) for grant in after.grants))
        return
    if len(before.grants) != len(after.grants):
        raise Impassable("a grant came or went")
    _require(_GRANT, ((old.state, new.state) for old, new in zip(before.grants, after.grants, strict=True)))


def _require(allowed: frozenset[tuple[str, str]], steps: Iterable[tuple[str, str]]) -> None:
    for before, after in steps:
        if before != after and (before, after) not in allowed:
            raise Impassable(f"{after} cannot follow {before}")
