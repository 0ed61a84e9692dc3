"""A policy file that is looser than the policy in force, until enough people have accepted it."""

import logging
from datetime import datetime

from approvals.policy.loosening import Difference, lines
from approvals.policy.model import Policy
from approvals.refusals.errors import Refused
from approvals.requests import Request, undecided
from approvals.times import rfc3339
from approvals.uses.changing import Changing, Loosened

_log = logging.getLogger(__name__)


class Held:
    """What is held, in one process."""

    def __init__(
        self,
        policy: Policy,
        raw: bytes,
        before: Policy,
        differences: tuple[Difference, ...],
        *,
        source: str,
        since: datetime,
    ) -> None:
        self.policy = policy
        self.raw = raw
        self.before = before.digest
        self._wanted = Loosened(
            digest=policy.digest, in_force=before.digest, source=source, differences=differences
        )
        self._since = since
        self._request: Request | None = None
        self._why_not = ""

    @property
    def digest(self) -> str:
        return self.policy.digest

    def say(self) -> None:
        """Say in the log that it is held, and why."""
        _log.error(
            "policy %s is held, for it is looser: %s; the one before it stays in force: %s",
            self._wanted.source,
            self.digest,
            self.before,
        )
        mixed = {each.side for each in self._wanted.differences} >= {"looser", "narrower"}
        if mixed:
            _log.error("some of it is narrower, and waits with the rest: take that apart to have it at once")
        for line in lines(self._wanted.differences):
            _log.warning("policy held: %s", line)

    def accepted(self, changing: Changing, *, now: datetime) -> bool:
        """Whether so many people have accepted it. They are asked where nobody was yet."""
        if self._request is None:
            self._ask(changing, now=now)
            return False
        return changing.accepted(self._wanted, now=now)

    def _ask(self, changing: Changing, *, now: datetime) -> None:
        try:
            self._request = changing.ask(self._wanted, now=now)
        except Refused as refusal:
            # Such as a freeze: asked again at the next look, and said once.
            if refusal.code != self._why_not:
                _log.error("nobody can be asked to accept the policy that is held: %s", refusal.code)
            self._why_not = refusal.code
            return
        _log.error("%s asks to accept the policy that is held", self._request.id)
        if not undecided(self._request):
            state = self._request.state
            _log.error("%s is %s: it is asked anew once the file is another", self._request.id, state)

    def close(self, changing: Changing, *, now: datetime) -> None:
        """Have nobody asked any more."""
        changing.close(self._wanted, now=now)

    @property
    def said(self) -> str:
        """That it is held, and since when. Whoever asks is nobody in particular, so it says no names."""
        return (
            f"a looser policy is held since {rfc3339(self._since)}, until it is accepted:"
            " `countersign policy show` says by whom"
        )
