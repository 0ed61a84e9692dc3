"""Drift, as administrators are shown it. Looking for it is much to load, and is handed in."""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import TYPE_CHECKING

from approvals.identities import Identity
from approvals.judging.cases import Cases
from approvals.policy.model import Policy
from approvals.refusals.errors import NotFound
from approvals.uses.administrators import administers, require_among

if TYPE_CHECKING:  # loaded with what looks
    from approvals.uses.drifting import Drift

Look = Callable[[Policy, datetime, Executor], "Drift"]
"""Looks beside what this policy covers, at this moment, and reads in these threads."""


class Drifting:
    """Shows administrators what drifted. Nothing is changed here. `look`: None where Google is not asked."""

    def __init__(self, *, cases: Cases, look: Look | None, executor: Executor) -> None:
        self._cases = cases
        self._look = look
        self._executor = executor

    def drift(self, identity: Identity, *, now: datetime) -> "Drift":
        """Raises `NotFound` for everybody else, and `Unavailable` where who administers cannot be known now."""
        require_among(administers(self._cases, identity, now=now), "administrators")
        if self._look is None:
            raise NotFound("no Google Cloud is looked at here")
        return self._look(self._cases.policy(), now, self._executor)
