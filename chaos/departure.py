"""The departure of a run: everybody who may leave does at once, over kills; then they are back and ask again."""

import time
from collections.abc import Callable
from datetime import datetime

from chaos import truths
from chaos.findings import Findings
from chaos.leaving import Leaving, left_by
from chaos.patience import Patience
from chaos.records import Records
from chaos.scene import GOERS, PROJECTS, address

PASS = 150.0
"""Seconds after a kill within which whoever has left has nothing: the lease of the dead, a period, and a pass."""

TRIES = 10
"""So often somebody asks who is not answered within the three seconds of Slack, or only that it was too slow."""


class Departure:
    """`over_a_kill` kills the service and starts it again."""

    def __init__(
        self, leaving: Leaving, *, records: Records, findings: Findings, over_a_kill: Callable[[], None]
    ) -> None:
        self._leaving, self._records, self._findings = leaving, records, findings
        self._over_a_kill = over_a_kill
        self.taken = 0

    def play(self, kills: int) -> None:
        """Let everybody have something and leave; the service dies so often while it takes that."""
        for number, who in enumerate(GOERS):
            self._leaving.come(who)
            self._leaving.settle(who, number)
        for who in GOERS:
            self._leaving.go(who)
        had = self._left()
        for _ in range(kills):
            self._wait(len(self._left()) - 1)
            self._over_a_kill()
        self._wait(0)
        left = self._left()
        self.taken = len(had) - len(left)
        self._findings.check("leavers", left if had else ["nobody had anything to leave"], when="the departure")
        self._return()

    def _return(self) -> None:
        """Whoever is back asks and gets it. What was known of them before the service is started is forgotten."""
        for who in GOERS:
            self._leaving.come(who)
        self._over_a_kill()
        blocked = [f"{who} is back and gets nothing" for who in GOERS if not self._gets(who)]
        self._findings.check("leavers", blocked, when="the return")

    def _gets(self, who: str) -> bool:
        """Whoever is not answered in time, or cannot be looked up in time, asks again, as people do."""
        line, since = f"/jit request own-{PROJECTS[0]} for 5s because back again", truths.now()
        return any(self._leaving.ask(who, line) or self._has_asked(who, since) for _ in range(TRIES))

    def _has_asked(self, who: str, since: datetime) -> bool:
        """It is on record, whether or not anybody was told in time."""
        requests = (self._records.request(name) for name in self._records.ids())
        return any(each.requester == address(who) and each.filed >= since for each in requests)

    def _left(self) -> list[str]:
        return left_by(self._records, self._leaving.gone, now=truths.now())

    def _wait(self, most: int) -> None:
        """Until at most so much is left, or a pass would have been over without taking any of it."""
        patience = Patience(PASS)
        while len(left := self._left()) > max(0, most) and patience.is_left(tuple(left)):
            time.sleep(0.02)
