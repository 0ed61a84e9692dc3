"""Looks all the time whether access that is over was taken away: by the IAM policies and the service's records."""

import threading
import time
from collections.abc import Collection

from approvals.errors import NotFound
from approvals.grants import LIVE
from approvals.requests import Request
from chaos import truths
from chaos.findings import Findings
from chaos.outside import Outside
from chaos.records import Records

PROMPT = 15.0
"""Seconds after its time in which a removal's write is accepted, while Google answers within one."""

LEASE = 30.0
"""Seconds for which a dead process holds what it was at."""


class Watch:
    """Watches the bindings of some projects in a thread of its own. Made right after a kill; tell it of others."""

    def __init__(
        self, outside: Outside, records: Records, findings: Findings, *, projects: Collection[str]
    ) -> None:
        self._outside, self._records, self._findings = outside, records, findings
        self._resources = [f"projects/{project}" for project in projects]
        self._over = threading.Event()
        # The life before has just been killed.
        self._killed = time.time()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.longest = 0.0
        self.seen: set[str] = set()

    def begin(self) -> None:
        self._thread.start()

    def killed(self) -> None:
        """The service dies now: what it held is free a lease later."""
        self._killed = time.time()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            self.look()

    def look(self) -> None:
        """Look once."""
        instance = self._records.installation().instance
        for resource in self._resources:
            for binding in self._outside.bindings(resource):
                if truths.is_ours(binding, instance):
                    self._findings.check("prompt", self._late(binding[4].rpartition("/")[2]), when="under siege")

    def _late(self, name: str) -> list[str]:
        try:
            ended = _end(self._records.request(name))
        except NotFound:
            return []
        now = time.time()
        if ended is None or ended > now:
            return []
        self.seen.add(name)
        allowed = max(ended + PROMPT, self._killed + LEASE + PROMPT)
        if ended > self._killed + LEASE:
            self.longest = max(self.longest, now - ended)
        return [f"{name} stands past its time"] if now > allowed else []


def _end(request: Request) -> float | None:
    """When the access was over, as far as it is."""
    grant = request.grant
    if grant is None:
        return None
    closed = grant.closed_at if grant.state not in LIVE else None
    return min(grant.window.end, closed or grant.window.end).timestamp()
