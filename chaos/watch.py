"""Looks all the time whether access that is over was taken away, by what Google holds and what is on record."""

import threading
from collections.abc import Collection, Sequence
from contextlib import suppress

from approvals.grants import LIVE, Window
from approvals.refusals.errors import NotFound
from approvals.requests import Request, given
from chaos import joined, truths
from chaos.findings import Findings
from chaos.outside import Outside
from chaos.records import Records
from chaos.teams import Flat

PROMPT = 15.0
"""Seconds after its time in which a removal's write is accepted, while Google answers within one."""

LEASE = 30.0
"""Seconds for which a dead process holds what it was at."""


class Watch:
    """Watches the bindings of some projects, and who is in their teams, in a thread of its own.

    Made right after a kill; tell it of others.
    """

    def __init__(
        self, outside: Outside, records: Records, findings: Findings, *, projects: Collection[str]
    ) -> None:
        self._outside, self._records, self._findings = outside, records, findings
        self._projects, self._resources = projects, [f"projects/{project}" for project in projects]
        self._over = threading.Event()
        # The life before has just been killed.
        self._killed = truths.now().timestamp()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.longest = 0.0
        self.seen: set[str] = set()

    def begin(self) -> None:
        self._thread.start()

    def killed(self) -> None:
        """The service dies now: what it held is free a lease later."""
        self._killed = truths.now().timestamp()

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
                    self._check(self._carried(binding))
        for seat in self._outside.teams.ours(self._projects):
            self._check([request for request, _ in joined.granted(self._records, seat)])

    def _carried(self, binding: Flat) -> list[Request]:
        """Whom a binding names, and who has the same role there for the same time: theirs is the same binding."""
        with suppress(NotFound):
            named = self._records.request(binding[4].rpartition("/")[2])
            window = named.grant.window if named.grant is not None else None
            person = self._records.of(resource=binding[0], person=named.requester)
            others = [each for each in person if each.id != named.id and _shares(each, binding, window)]
            # Who is named carries it wherever it stands, and not only where it was asked for.
            return [named, *others]
        return []

    def _check(self, carried: Sequence[Request]) -> None:
        self._findings.check("prompt", self._late(carried), when="under siege")

    def _late(self, carried: Sequence[Request]) -> list[str]:
        """What is carried by something that stands, although all of it is over."""
        now = truths.now().timestamp()
        ends = {request.id: end for request in carried if (end := _end(request)) is not None}
        name = max(ends, key=ends.__getitem__, default="")
        ended = ends.get(name, now)
        if ended >= now:
            return []
        self.seen.add(name)
        allowed = max(ended + PROMPT, self._killed + LEASE + PROMPT)
        if ended > self._killed + LEASE:
            self.longest = max(self.longest, now - ended)
        return [f"{name} stands past its time"] if now > allowed else []


def _shares(request: Request, binding: Flat, window: Window | None) -> bool:
    resource, role = binding[:2]
    return any(
        target.resource == resource and role in target.roles and grant.begun and grant.window == window
        for target, grant in given(request)
    )


def _end(request: Request) -> float | None:
    """When the access was over, as far as it is."""
    grant = request.grant
    if grant is None:
        return None
    closed = grant.closed_at if grant.state not in LIVE else None
    return min(grant.window.end, closed or grant.window.end).timestamp()
