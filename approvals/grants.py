"""The time-bound access that follows an approval, and the windows it lives in."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from approvals.refusals.reasons import Reason
from approvals.reviews import Typed

GrantState = Literal["scheduled", "activating", "active", "ended", "revoked", "failed"]
LIVE: frozenset[GrantState] = frozenset({"scheduled", "activating", "active"})
"""Nothing has closed it: it has still to begin, is being made, or stands."""

BUNDLE = "bundle"
"""The cause of what is taken away because another part of the same request could not be had."""

Gone = Literal["left", "session"]
"""Why something is taken of somebody whom nobody asked."""

LEFT: Gone = "left"
"""The cause of what is taken away because the account of whoever asked for it is deactivated."""

SESSION: Gone = "session"
"""The cause of what is taken away because a session of theirs was revoked where they sign in."""

_TOLD: tuple[GrantState, ...] = ("failed", "revoked", "scheduled", "activating", "active", "ended")


class Window(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """From `start` (inclusive) to `end` (exclusive), whole seconds in UTC."""

    start: datetime
    end: datetime


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What another request keeps of access that was ended, or lets it last to: these roles until then.

    `whole`: all of its roles.
    """

    request: str
    roles: tuple[str, ...]
    until: datetime
    whole: bool


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Access to one target in one window, fixed by the approving transition; retries never choose times.

    It is `scheduled` until its window begins, and nothing of it is in IAM before.

    `generation` is the store's at that moment: after a restore it is looked for in IAM, and never written again.

    `closed_at` and `closed_by` say when and by whom it stopped being live, `cause` why (`time`, `holder`,
    `person`, `outside`, `bundle`, `left`, or what went wrong). `removed` is true once a read of IAM showed it
    gone.
    `why` is the reason that somebody gave who ended the access of another.
    `trouble` is what stands in the way of making or removing it; `told` are the kinds of
    trouble that were told since it last went on. What 0.1.0 recorded of a cause or a trouble is a text.
    """

    state: GrantState
    window: Window
    generation: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
    cause: Reason | str = ""
    why: Typed | None = None
    trouble: Reason | str = ""
    told: tuple[str, ...] = ()
    removed: bool = False

    @property
    def begun(self) -> bool:
        """It was not closed before its window began."""
        return self.closed_at is None or self.closed_at >= self.window.start


def whole(grants: Sequence[Grant]) -> Grant | None:
    """How the access of one request stands as a whole, told as one grant. None: it has none.

    All of a bundle lives or none of it: it is `active` when every part is, and closed as the part that brought it
    down. It is removed when every part is.
    """
    if len(grants) < 2:
        return grants[0] if grants else None
    telling = min(grants, key=_first_told)
    troubled = next((grant for grant in grants if grant.trouble), telling)
    return msgspec.structs.replace(
        telling,
        trouble=troubled.trouble,
        told=troubled.told,
        removed=all(grant.removed for grant in grants),
    )


def _first_told(grant: Grant) -> int:
    """Whoever brought the others down is told before them, and what is not there yet before what is."""
    by_others = grant.state == "revoked" and grant.cause == BUNDLE
    return _TOLD.index(grant.state) if not by_others else len(_TOLD)


def union(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Join windows that overlap or touch; keep disjoint ones apart; in order of time."""
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(start=joined[-1].start, end=max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return tuple(joined)
